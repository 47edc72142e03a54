// What a suite is, and the outcome of one of its tests. Knows no format of tests and no gateway.

export type Outcome = 'passed' | 'failed' | 'skipped';

export interface Result {
  /** The same in every run of the suite. */
  readonly id: string;
  readonly outcome: Outcome;
  /** Why it failed or was skipped. */
  readonly detail: string;
  /** What the server answered to each request of the test, without what differs between two runs; where the suite records it. */
  readonly answers?: readonly string[];
}

export interface Suite {
  readonly name: string;
  /** Runs the tests against a server, all of them or those with the given ids; the cluster is empty before and after. */
  run(url: string, only?: ReadonlySet<string>): Promise<readonly Result[]>;
}
