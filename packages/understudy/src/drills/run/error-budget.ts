// Stops a run whose error budget is spent: too large a share of requests failed since the fault. Also one that nobody
// measures any more: a generator that does not report cannot tell the error ratio.
import type { Clock } from '@understudy/foundation';
import type { SteadyState, Workload } from '../../proof/index.ts';
import { ageMs, maxStatsAgeMs } from './steady-check.ts';

/** Below this many requests a share says nothing. */
const minRequests = 200;
/** Beyond the age at which statistics are not believed: a generator that comes back soon ends the run in order. */
const maxSilenceMs = 5_000;

export interface ErrorBudget {
  /** Failed over all requests since `watch`, or null: failed requests are expected. */
  readonly ratio: number | null;
  readonly steady: SteadyState;
  readonly spent: (reason: string) => void;
}

/** Watches the running workload until the signal aborts; calls `spent` at most once. */
export async function watchBudget(
  { ratio, steady, spent }: ErrorBudget,
  workload: Pick<Workload, 'stats'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const from = workload.stats();
  if (from === null) return;
  while (!signal.aborted) {
    await clock.sleep(250, signal).catch(() => undefined);
    const now = workload.stats() ?? from;
    const silentMs = ageMs(now, clock.now());
    if (silentMs > maxStatsAgeMs(steady) + maxSilenceMs) {
      spent(`the load generator has not reported for ${Math.round(silentMs)} ms`);
      return;
    }
    const total = now.total - from.total;
    const failed = now.failed - from.failed;
    if (ratio === null || total < minRequests || failed <= ratio * total) continue;
    const limit = `at most ${ratio * 100} % may`;
    spent(`the error budget is spent: ${failed} of ${total} requests failed since the fault, ${limit}`);
    return;
  }
}
