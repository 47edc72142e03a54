// The clock of a run: the wall clock as it was at the start, then monotonic time only. The monotonic clock is the machine's, so
// the tool and the load generator count alike, and a step of the system's time moves neither a stamp nor a duration.
import type { Clock } from '@understudy/foundation';
import type { RunPlan } from './history/records.ts';

/** `clock` with `now` counted from the start of the run. */
export function runClock(clock: Clock, plan: Pick<RunPlan, 'startedMs' | 'startedMonotonicMs'>): Clock {
  return { ...clock, now: () => plan.startedMs + (clock.monotonicMs() - plan.startedMonotonicMs) };
}
