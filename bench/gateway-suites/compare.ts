// Compares what a suite gave without and with the gateway. A difference counts when a second run shows it again.
import type { Outcome, Result, Suite } from './suite.ts';

export interface Difference {
  readonly suite: string;
  readonly test: string;
  /** Of the test as a whole, or of one answer in a test that ends the same. */
  readonly kind: 'outcome' | 'answer';
  readonly direct: string;
  readonly through: string;
  /** What a second run must show again: of an outcome without its detail, which has times and names of one run. */
  readonly key: string;
}

export interface Row {
  readonly suite: string;
  readonly tests: number;
  readonly passedDirect: number;
  readonly passedThrough: number;
  readonly skipped: number;
  /** Reason of a skip, and how many tests have it. */
  readonly skips: Readonly<Record<string, number>>;
  /** Ids of tests that fail without the gateway too. */
  readonly failedDirect: Readonly<Record<string, string>>;
  readonly differences: readonly Difference[];
  /** Tests that differed once, and not in the same way again. */
  readonly unstable: readonly Difference[];
}

export interface Targets {
  readonly direct: string;
  readonly through: string;
}

/** Runs the suite without and with the gateway, then once more each for the tests that differ. */
export async function compareSuite(
  suite: Suite,
  { direct, through }: Targets,
  say: (text: string) => void,
): Promise<Row> {
  say(`${suite.name}: without the gateway`);
  const without = await suite.run(direct);
  say(`${suite.name}: through the gateway`);
  const within = await suite.run(through);
  const first = differing(suite.name, without, within);
  let again: readonly Difference[] = [];
  if (first.length > 0) {
    const ids = new Set(first.map(({ test }) => test));
    say(`${suite.name}: ${ids.size} tests differ; once more each`);
    again = differing(suite.name, await suite.run(direct, ids), await suite.run(through, ids));
  }
  const confirmed = new Set(again.map(({ key }) => key));
  return {
    suite: suite.name,
    tests: without.length,
    passedDirect: count(without, 'passed'),
    passedThrough: count(within, 'passed'),
    skipped: count(without, 'skipped'),
    skips: reasons(without),
    failedDirect: Object.fromEntries(
      without.filter(({ outcome }) => outcome === 'failed').map(({ id, detail }) => [id, detail.slice(0, 300)]),
    ),
    differences: first.filter((difference) => confirmed.has(difference.key)),
    unstable: first.filter((difference) => !confirmed.has(difference.key)),
  };
}

/** Tests whose outcome differs, or one of whose answers; a test of one side alone differs too. */
export function differing(suite: string, direct: readonly Result[], through: readonly Result[]): readonly Difference[] {
  const [left, right] = [byId(direct), byId(through)];
  const differences: Difference[] = [];
  for (const id of new Set([...left.keys(), ...right.keys()])) {
    const [one, other] = [left.get(id), right.get(id)];
    if (one?.outcome !== other?.outcome) {
      const key = JSON.stringify([id, 'outcome', one?.outcome, other?.outcome]);
      differences.push({
        ...{ suite, test: id, kind: 'outcome', key },
        ...{ direct: outcomeText(one), through: outcomeText(other) },
      });
      continue;
    }
    const [mine, yours] = [one?.answers ?? [], other?.answers ?? []];
    const at = Array.from({ length: Math.max(mine.length, yours.length) }).findIndex((_, n) => mine[n] !== yours[n]);
    if (at < 0) continue;
    const answers = { direct: mine[at] ?? 'no request', through: yours[at] ?? 'no request' };
    const key = JSON.stringify([id, 'answer', answers.direct, answers.through]);
    differences.push({ suite, test: id, kind: 'answer', ...answers, key });
  }
  return differences;
}

function outcomeText(result: Result | undefined): string {
  if (result === undefined) return 'not run';
  return [result.outcome, result.detail].filter((part) => part !== '').join(': ');
}

function byId(results: readonly Result[]): ReadonlyMap<string, Result> {
  return new Map(results.map((result) => [result.id, result]));
}

function count(results: readonly Result[], wanted: Outcome): number {
  return results.filter(({ outcome }) => outcome === wanted).length;
}

function reasons(results: readonly Result[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { outcome, detail } of results) if (outcome === 'skipped') counts[detail] = (counts[detail] ?? 0) + 1;
  return counts;
}
