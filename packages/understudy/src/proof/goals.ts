// What a drill must reach to pass. `null` means: measured and reported, not judged.

export interface Goals {
  /** Longest stretch without a successful write in any write lane, from the fault on. */
  readonly longestWriteGapMs: number | null;
  /** The same for gets and searches. */
  readonly longestReadGapMs: number | null;
  /** Failed requests over all requests from the fault on, 0 to 1. */
  readonly maxErrorRatio: number | null;
  /** From the fault's effect to steady state held again. */
  readonly rtoMs: number | null;
  /** From the fault's effect to every copy in place again. */
  readonly reprotectedMs: number | null;
  /** From the undo to steady state held again: for faults that no system survives while they last. */
  readonly backWithinMs: number | null;
  /** From the beginning of the undo to the proof that it is undone. */
  readonly undoneWithinMs: number | null;
  readonly lost: number;
  readonly unexpected: number;
  readonly duplicate: number;
  /** Copies that are behind what was acknowledged, after recovery. */
  readonly stale: number;
  /** Gets during the run that were older than what was acknowledged before they were sent. */
  readonly staleReads: number | null;
}

/** When the system counts as steady, before the fault and again after it. */
export interface SteadyState {
  /** Longest stretch without a success that is still steady, per lane. */
  readonly maxGapMs: number;
  readonly maxErrorRatio: number;
  /** How long it must be so, to be called held. */
  readonly holdMs: number;
  /** A generator further behind its schedule than this makes the run INVALID. */
  readonly maxLagMs: number;
}

export const defaultSteadyState: SteadyState = { maxGapMs: 1_000, maxErrorRatio: 0, holdMs: 5_000, maxLagMs: 250 };

const nothingLost = { lost: 0, unexpected: 0, duplicate: 0, stale: 0, staleReads: 0 } as const;

/** Goals with the data clauses every drill shares; the rest is given by the catalogue. */
export function goals(rest: Partial<Goals>): Goals {
  return {
    longestWriteGapMs: null,
    longestReadGapMs: null,
    maxErrorRatio: 0,
    rtoMs: null,
    reprotectedMs: null,
    backWithinMs: null,
    undoneWithinMs: null,
    ...nothingLost,
    ...rest,
  };
}
