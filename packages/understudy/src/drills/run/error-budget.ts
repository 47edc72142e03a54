// Stops a run that hurts more than was agreed: too large a share of requests failed since the fault.
import type { Clock } from '../../ground/index.ts';
import type { Workload } from '../workload/process.ts';

/** Below this many requests a share says nothing. */
const leastRequests = 200;

export interface ErrorBudget {
  /** Failed over all requests since `watch`, or null: users are expected to suffer. */
  readonly ratio: number | null;
  readonly spent: (reason: string) => void;
}

/** Watches the running workload until the signal aborts; calls `spent` at most once. */
export async function watchBudget(
  { ratio, spent }: ErrorBudget,
  workload: Pick<Workload, 'stats'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const from = workload.stats();
  if (ratio === null || from === null) return;
  while (!signal.aborted) {
    await clock.sleep(250, signal).catch(() => undefined);
    const now = workload.stats() ?? from;
    const total = now.total - from.total;
    const failed = now.failed - from.failed;
    if (total < leastRequests || failed <= ratio * total) continue;
    const limit = `at most ${ratio * 100} % may`;
    spent(`the error budget is spent: ${failed} of ${total} requests failed since the fault, ${limit}`);
    return;
  }
}
