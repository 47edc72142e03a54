// A drill in which nothing happens, short enough for a test.
import type { Drill } from '../../src/drills/drill.ts';
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
