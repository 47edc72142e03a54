// The records of one run: plain data from the process of the users, read by the pure analysis.
import type { ContenderName } from './contenders.ts';

export interface Lane {
  readonly kind: 'write' | 'get' | 'search';
  /** The shard it touches; null when it touches all. */
  readonly shard: number | null;
  readonly perSecond: number;
}

/** The specification for the process of the users. All times are milliseconds on the clock of the host. */
export interface UsersSpec {
  readonly client: ContenderName;
  /** URLs of the engine's nodes; of an application's servers when the contender is one. */
  readonly nodes: readonly string[];
  readonly index: string;
  readonly lanes: readonly Lane[];
  /** For each shard: ids that are there to be read, and prefixes whose documents it holds. */
  readonly readIds: readonly (readonly string[])[];
  readonly writeIds: readonly (readonly string[])[];
  readonly seed: number;
  /** A user waits this long; what is answered later has failed. */
  readonly timeoutMs: number;
}

export interface OperationRecord {
  readonly lane: number;
  readonly dueMs: number;
  /** Infinity (null in JSON) when nothing came before the user's timeout. */
  readonly endMs: number | null;
  /** Absent when it succeeded. */
  readonly error?: string;
  /** A search answered without some of its shards. */
  readonly incomplete?: boolean;
}

/** A request on its way to an engine, recorded below the client: by the same hook for all three. Of an application: to its server. */
export interface WireRecord {
  readonly atMs: number;
  readonly node: number;
  /** A request of the client's own (health, topology), not a user's. */
  readonly own: boolean;
}

export interface UsersReport {
  readonly operations: readonly OperationRecord[];
  readonly sent: readonly WireRecord[];
  /** Answers to users' requests, below status 500. */
  readonly answered: readonly WireRecord[];
  readonly acknowledgedIds: readonly string[];
  /** Hedges so far, at each second. */
  readonly hedges: readonly { readonly atMs: number; readonly count: number }[];
  /** Most that an operation started after it was due: the generator's own lag. */
  readonly lagMs: number;
  readonly stoppedMs: number;
}

/** Milliseconds on a clock that all processes of the host share. */
export function hostNow(): number {
  return performance.timeOrigin + performance.now();
}
