// What a user of one lane felt: the longest stretch without a success, failures, and latency from the due time.
// Lanes are judged one by one, because healthy lanes hide failing ones.
import * as hdr from 'hdr-histogram-js';
import type { Operation, Outcome } from '../history/records.ts';
import { dueIn, succeeded, type Stretch } from './window.ts';

export interface LaneResult {
  readonly lane: string;
  readonly operation: Operation;
  readonly requests: number;
  readonly failed: number;
  readonly longestGap: Gap;
  readonly latency: Latency;
}

/** A stretch without one success. Its ends are completions of successes, or the ends of the window. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lengthMs: number;
}

/** Milliseconds from the due time to the end, failures included: a user waited for those too. */
export interface Latency {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export function laneNames(outcomes: readonly Outcome[]): string[] {
  return [...new Set(outcomes.map((outcome) => outcome.lane))].sort();
}

/** Results per lane for the requests due in `stretch`; lanes that carried nothing in it are listed too, as one long gap. */
export function measureLanes(outcomes: readonly Outcome[], stretch: Stretch): LaneResult[] {
  const byLane = Map.groupBy(outcomes, (outcome) => outcome.lane);
  return laneNames(outcomes).map((lane) => {
    const all = byLane.get(lane) ?? [];
    const due = dueIn(all, stretch);
    return {
      lane,
      operation: all[0]?.operation ?? 'index',
      requests: due.length,
      failed: due.filter((outcome) => !succeeded(outcome)).length,
      longestGap: longest(gapsOf(all, stretch)),
      latency: latencyOf(due),
    };
  });
}

/**
 * Every stretch between two successes of a lane that reaches into the window. The first begins with the last success
 * before the window, so that an outage which starts in the middle of a gap is not shortened.
 */
export function gapsOf(lane: readonly Outcome[], window: Stretch): Gap[] {
  const ends = lane
    .filter(succeeded)
    .map((outcome) => outcome.endMs)
    .sort((a, b) => a - b);
  const gaps: Gap[] = [];
  let fromMs: number | null = null;
  for (const endMs of ends) {
    if (endMs > window.fromMs && (fromMs === null || fromMs < window.toMs))
      gaps.push(gap(fromMs ?? window.fromMs, endMs));
    fromMs = endMs;
  }
  if (fromMs === null) gaps.push(gap(window.fromMs, window.toMs));
  else if (fromMs < window.toMs) gaps.push(gap(fromMs, window.toMs));
  return gaps;
}

export function latencyOf(outcomes: readonly Outcome[]): Latency {
  const histogram = histogramOf(outcomes);
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / unitsPerMs;
  const none = histogram.totalCount === 0;
  return {
    p50Ms: none ? 0 : at(50),
    p90Ms: none ? 0 : at(90),
    p99Ms: none ? 0 : at(99),
    maxMs: none ? 0 : histogram.maxValue / unitsPerMs,
  };
}

/** Histograms count tenths of a millisecond with three significant digits. */
const unitsPerMs = 10;

export function histogramOf(outcomes: readonly Outcome[]): hdr.Histogram {
  const histogram = hdr.build({ bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: 3 });
  for (const outcome of outcomes)
    histogram.recordValue(Math.max(0, Math.round((outcome.endMs - outcome.dueMs) * unitsPerMs)));
  return histogram;
}

function longest(gaps: readonly Gap[]): Gap {
  return gaps.reduce((worst, next) => (next.lengthMs > worst.lengthMs ? next : worst), gap(0, 0));
}

function gap(fromMs: number, toMs: number): Gap {
  return { fromMs, toMs, lengthMs: round(toMs - fromMs) };
}

/** Tenths of a millisecond: as exact as the clock, and stable when printed. */
export function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
