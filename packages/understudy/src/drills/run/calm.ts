// Is the running workload calm? Answered by the generator's own statistics, and only while they are young: a generator that does
// not report may be frozen, and then its last good word says nothing of now.
import type { Clock } from '@understudy/foundation';
import { type SteadyState, statsEveryMs, type LiveStats, type Workload } from '../../proof/index.ts';
import type { Evidence } from '../faults/fault.ts';

export interface Calm extends Evidence {
  /** The beginning of the calm, at most `forMs` before the statistics were made. */
  readonly sinceMs: number;
  /** Set when nothing can be said: how long the generator has not reported. */
  readonly silentMs: number | null;
}

/** Older statistics prove nothing: a report is due by then, and a generator that is later than this makes a run INVALID. */
export function maxStatsAgeMs({ maxLagMs }: SteadyState): number {
  return statsEveryMs + maxLagMs;
}

/** No failure and no silent lane for so long, by statistics that are young enough. */
export function calmFor(workload: Pick<Workload, 'stats'>, clock: Clock, steady: SteadyState, forMs: number): Calm {
  const stats = workload.stats();
  const nowMs = clock.now();
  if (stats === null || stats.total === 0)
    return { seen: false, detail: 'the workload has not begun', sinceMs: nowMs, silentMs: null };
  const sinceMs = Math.max(stats.calmSinceMs, stats.atMs - forMs);
  const oldMs = ageMs(stats, nowMs);
  if (oldMs > maxStatsAgeMs(steady)) {
    const detail = `the load generator has not reported for ${Math.round(oldMs)} ms, at most ${maxStatsAgeMs(steady)} ms are allowed`;
    return { seen: false, detail, sinceMs, silentMs: oldMs };
  }
  const calmMs = Math.round(stats.atMs - stats.calmSinceMs);
  return {
    seen: calmMs >= forMs,
    detail: `calm for ${calmMs} ms of ${forMs}, ${stats.failed} of ${stats.total} requests failed`,
    sinceMs,
    silentMs: null,
  };
}

/** Statistics from the future are as wrong as old ones. */
export function ageMs(stats: LiveStats, nowMs: number): number {
  return Math.abs(nowMs - stats.atMs);
}
