// The shape of a verdict. It is derived from a run folder and can be derived again, byte for byte.
import type { Goals } from '../goals.ts';
import type { NotSent } from '../history/records.ts';
import type { DocumentClass, DocumentFinding } from './documents.ts';
import type { LaneResult } from './lanes.ts';
import type { FiveTimes } from './times.ts';

export type Result =
  /** Every goal was reached. */
  | 'PASS'
  /** A goal was missed, something acknowledged was lost, or the fault could not be undone. */
  | 'FAIL'
  /** The run proves nothing: no effect seen, generator stalled, no steady state, reads missing. */
  | 'INVALID'
  /** Stopped by the error budget or by a person. */
  | 'ABORTED';

export interface Reason {
  /** Stable, in kebab-case. */
  readonly code: string;
  readonly text: string;
}

/** A goal is looked up by its id; its text is for people and may change. */
export type GoalId = keyof Goals;

export interface GoalCheck {
  readonly id: GoalId;
  /** What people read. */
  readonly goal: string;
  /** Null: measured, not judged. */
  readonly limit: number | null;
  /** Null: it was not seen by the end of the run. */
  readonly seen: number | null;
  readonly unit: 'ms' | 'ratio' | 'documents' | 'reads';
  readonly met: boolean;
}

/** Version of verdict.json. 2: every goal has an `id`. */
export const verdictFormat = 2;

export interface Verdict {
  readonly format: typeof verdictFormat;
  readonly runId: string;
  readonly drill: string;
  readonly cluster: string;
  readonly result: Result;
  readonly reasons: readonly Reason[];
  readonly targets: readonly string[];
  readonly times: FiveTimes;
  readonly rtoMs: number | null;
  /** Lost acknowledged writes, and how long before the fault's effect the oldest of them was acknowledged (0 when after it). */
  readonly rpo: { readonly lost: number; readonly oldestMs: number };
  readonly goals: readonly GoalCheck[];
  readonly requests: {
    readonly total: number;
    readonly failed: number;
    readonly errorRatio: number;
    readonly writesAcknowledged: number;
  };
  readonly lanes: readonly LaneResult[];
  readonly documents: {
    readonly counts: Readonly<Record<DocumentClass, number>>;
    /** At most 20 of them. */
    readonly findings: readonly DocumentFinding[];
    readonly staleReads: number;
  };
  readonly generator: { readonly maxLagMs: number };
  /** Operations of the workload that were not sent, so that nothing is said of them. Absent when all were. */
  readonly notSent?: readonly NotSent[];
}
