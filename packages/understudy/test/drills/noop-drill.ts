// A drill in which nothing happens, short enough for a test.
import type { Drill } from '../../src/drills/drill.ts';
import type { RunOptions } from '../../src/drills/index.ts';
import { nothing } from '../../src/drills/faults/nothing.ts';
import { goals } from '../../src/proof/goals.ts';

export function noopDrill(durations: Drill['durations'], changes: Partial<Drill> = {}): Drill {
  return {
    name: 'noop',
    group: 'base',
    summary: 'nothing',
    fault: nothing,
    goals: goals({}),
    durations,
    errorBudget: 0.5,
    ...changes,
  };
}

/** A run of a few seconds whose goals a busy test machine keeps. */
export const shortDrill: Drill = noopDrill(
  { steadyMs: 1_000, faultMs: 1_500, recoveryMs: 5_000 },
  { goals: goals({ longestWriteGapMs: 2_000, longestReadGapMs: 2_000 }) },
);

/** Lags of a busy test machine do not decide. */
export const patient: RunOptions = { steady: { maxLagMs: 5_000, maxGapMs: 2_000 } };
