// Did the instruments work? The load generator kept its whole schedule and ran to the end, the tool was never paused, its journal
// was on the disk in time, and the clock was not stepped. A run passes only with evidence for each.
import type { SteadyState } from '../goals.ts';
import type { History } from '../history/run-folder.ts';
import type { WorkloadEnd } from '../load/messages.ts';
import { dueMs, lanesOf, type Lane } from '../load/schedule.ts';
import { round } from './lanes.ts';
import type { Reason } from './verdict.ts';
import { entryOf, timeOf } from './window.ts';

/** A clock that is slewed, as time services do, moves the monotonic clock too; a step moves the wall clock alone. */
const maxClockStepMs = 1_000;

export function instrumentReasons(history: History): Reason[] {
  return [...silent(history), ...generatorReasons(history), ...toolReasons(history)];
}

/** The generator's own lateness, over every request that was due. */
export function maxLagMs({ outcomes }: History): number {
  return round(outcomes.reduce((worst, outcome) => Math.max(worst, outcome.sentMs - outcome.dueMs), 0));
}

function silent({ journal }: History): Reason[] {
  const entry = entryOf(journal, 'generator-silent');
  if (!entry) return [];
  return [{ code: 'generator-silent', text: `recovery could not be judged: ${entry.facts.seen}` }];
}

function generatorReasons(history: History): Reason[] {
  const end = entryOf(history.journal, 'workload-stopped')?.facts.generator;
  if (!end)
    return [
      {
        code: 'generator-died',
        text: 'the load generator did not end normally, so the outcome of its last requests is unknown',
      },
    ];
  const stalled = stallsOf(history, end).map((text) => ({ code: 'generator-stalled', text }));
  return [...stalled, ...otherTimeline(history, end)];
}

/**
 * A stalled generator shows in three ways: requests sent late or not at all, a process that did not run, and requests of the
 * schedule of which there is no record.
 */
function stallsOf(history: History, end: WorkloadEnd): string[] {
  const limit = history.plan.steady.maxLagMs;
  const lag = maxLagMs(history);
  const pause = round(end.longestPauseMs);
  const missing = unrecorded(history, end);
  return [
    ...(lag > limit ? [`the load generator fell ${lag} ms behind its schedule, more than ${limit} ms`] : []),
    ...(pause > limit ? [`the load generator did not run for ${pause} ms, more than ${limit} ms`] : []),
    ...(missing > 0 ? [`of ${missing} requests that were due there is no record`] : []),
  ];
}

/** How many requests of the schedule were due before the stop and have no outcome. */
function unrecorded({ plan, outcomes }: History, { firstDueMs, stoppedMs }: WorkloadEnd): number {
  const recorded = Map.groupBy(
    outcomes.filter((outcome) => outcome.dueMs < stoppedMs),
    (outcome) => outcome.lane,
  );
  return lanesOf(plan.workload).reduce((missing, lane) => {
    const own = recorded.get(lane.name) ?? [];
    // Gets begin when there is something to get; from there on they have no holes.
    const fromMs =
      lane.operation === 'get' ? own.reduce((least, o) => Math.min(least, o.dueMs), stoppedMs) : firstDueMs;
    return missing + Math.max(0, scheduledBetween(lane, firstDueMs, fromMs, stoppedMs) - own.length);
  }, 0);
}

function scheduledBetween(lane: Lane, startMs: number, fromMs: number, untilMs: number): number {
  let scheduled = 0;
  for (let count = 0, due = dueMs(lane, startMs, 0); due < untilMs; count += 1, due = dueMs(lane, startMs, count))
    if (due >= fromMs) scheduled += 1;
  return scheduled;
}

/** The generator's stamps must lie between the tool's own stamps around its life, or the two count time differently. */
function otherTimeline({ journal }: History, { firstDueMs, endedMs }: WorkloadEnd): Reason[] {
  const startedMs = timeOf(journal, 'workload-started') ?? Infinity;
  const stoppedMs = timeOf(journal, 'workload-stopped') ?? -Infinity;
  if (firstDueMs >= startedMs && endedMs <= stoppedMs) return [];
  const text = `the load generator's clock differs from the tool's: it ran from ${round(firstDueMs)} to ${round(endedMs)} by its own, from ${round(startedMs)} to ${round(stoppedMs)} by the tool's`;
  return [{ code: 'clocks-differ', text }];
}

function toolReasons({ journal, plan }: History): Reason[] {
  const health = entryOf(journal, 'tool-watched')?.facts;
  if (!health) return [{ code: 'tool-unwatched', text: 'the journal does not say whether the tool ran all the time' }];
  const { longestPauseMs, longestNoteMs, clockStepMs } = health;
  const limit = maxToolPauseMs(plan.steady);
  const reasons: Reason[] = [];
  if (longestPauseMs > limit)
    reasons.push({
      code: 'tool-stalled',
      text: `the tool itself did not run for ${longestPauseMs} ms, more than ${limit} ms: the system was not observed in that time`,
    });
  if (longestNoteMs > limit)
    reasons.push({
      code: 'history-slow',
      text: `an entry of the journal took ${longestNoteMs} ms to reach the disk, more than ${limit} ms: a step began that much later than its entry says`,
    });
  if (Math.abs(clockStepMs) > maxClockStepMs)
    reasons.push({
      code: 'clock-stepped',
      text: `the wall clock moved ${clockStepMs} ms against the monotonic clock: it was set, or this machine was suspended`,
    });
  return reasons;
}

/** Cluster and balancer are looked at about once a second anyway; a pause hides something when it is longer than a lane may be silent. */
function maxToolPauseMs({ maxGapMs, maxLagMs: lagMs }: SteadyState): number {
  return Math.max(maxGapMs, lagMs);
}
