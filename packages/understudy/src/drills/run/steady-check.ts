// Is the running workload in steady state? Answered by the generator's own statistics, and only while they are young: a generator that does
// not report may be frozen, and its last statistics say nothing of the present.
import type { Clock } from '@understudy/foundation';
import { type SteadyState, statsEveryMs, type LiveStats, type Workload } from '../../proof/index.ts';
import type { Evidence } from '../faults/fault.ts';

export interface SteadyCheck extends Evidence {
  /** The beginning of the steady state, at most `forMs` before the statistics were made. */
  readonly sinceMs: number;
  /** Set when nothing can be said: how long the generator has not reported. */
  readonly silentMs: number | null;
}

/** Older statistics prove nothing: a report is due by then, and a generator that is later than this makes a run INVALID. */
export function maxStatsAgeMs({ maxLagMs }: SteadyState): number {
  return statsEveryMs + maxLagMs;
}

/** No failure and no silent lane for this long, by statistics that are recent enough. */
export function steadyFor(
  workload: Pick<Workload, 'stats'>,
  clock: Clock,
  steady: SteadyState,
  forMs: number,
): SteadyCheck {
  const stats = workload.stats();
  const nowMs = clock.now();
  if (stats === null || stats.total === 0)
    return { seen: false, detail: 'the workload has not started', sinceMs: nowMs, silentMs: null };
  const sinceMs = Math.max(stats.steadySinceMs, stats.atMs - forMs);
  const ageNowMs = ageMs(stats, nowMs);
  if (ageNowMs > maxStatsAgeMs(steady)) {
    const detail = `the load generator has not reported for ${Math.round(ageNowMs)} ms, at most ${maxStatsAgeMs(steady)} ms are allowed`;
    return { seen: false, detail, sinceMs, silentMs: ageNowMs };
  }
  const steadyMs = Math.round(stats.atMs - stats.steadySinceMs);
  return {
    seen: steadyMs >= forMs,
    detail: `steady for ${steadyMs} ms of ${forMs}, ${stats.failed} of ${stats.total} requests failed`,
    sinceMs,
    silentMs: null,
  };
}

/** Statistics from the future are as wrong as old ones. */
export function ageMs(stats: LiveStats, nowMs: number): number {
  return Math.abs(nowMs - stats.atMs);
}
