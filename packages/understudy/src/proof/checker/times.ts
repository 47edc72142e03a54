// The five times of a fault: effective, detected, first success, stable, reprotected; and the RTO between two of them.
import type { History } from '../history/run-folder.ts';
import type { SteadyState } from '../goals.ts';
import type { Outcome } from '../history/records.ts';
import { allBackendsUp, clusterViews } from './cluster-view.ts';
import { gapsOf, laneNames, round } from './lanes.ts';
import { dueIn, succeeded, timeOf, windowsOf, type Stretch } from './window.ts';

/** `effectiveMs` is a time of day; the others are milliseconds after it, or null when it never came. */
export interface FiveTimes {
  readonly effectiveMs: number | null;
  /** The cluster or the balancer said that something is missing. */
  readonly detectedMs: number | null;
  /** Every lane had a success that was due after the effect. */
  readonly firstSuccessMs: number | null;
  /** Steady state held again. */
  readonly stableMs: number | null;
  /** Every copy in place and every backend in service, from here to the end. */
  readonly reprotectedMs: number | null;
}

export interface Recovery {
  readonly times: FiveTimes;
  /** Effective to stable. */
  readonly rtoMs: number | null;
  /** Undo begun to stable after it. */
  readonly backAfterUndoMs: number | null;
  /** Undo begun to proven. */
  readonly undoneAfterMs: number | null;
}

export function measureRecovery(history: History): Recovery {
  const { judged, effectiveMs, undoBegunMs } = windowsOf(history);
  if (judged === null || effectiveMs === null) {
    const none = { effectiveMs, detectedMs: null, firstSuccessMs: null, stableMs: null, reprotectedMs: null };
    return { times: none, rtoMs: null, backAfterUndoMs: null, undoneAfterMs: null };
  }
  const undoneMs = timeOf(history.journal, 'undone');
  const since = (atMs: number | null): number | null => (atMs === null ? null : round(Math.max(0, atMs - effectiveMs)));
  const disturbances = disturbancesOf(history.outcomes, judged, history.plan.steady);
  const stableMs = firstSteadyMs(
    disturbances,
    effectiveMs,
    undoBegunMs ?? judged.toMs,
    judged.toMs,
    history.plan.steady,
  );
  const steadyAfterUndoMs =
    undoBegunMs === null ? null : steadyFromMs(disturbances, undoBegunMs, judged.toMs, history.plan.steady.holdMs);
  return {
    times: {
      effectiveMs,
      detectedMs: since(detectedAt(history, effectiveMs)),
      firstSuccessMs: since(firstSuccessAt(history.outcomes, effectiveMs)),
      stableMs: since(stableMs),
      reprotectedMs: since(reprotectedAt(history, effectiveMs)),
    },
    rtoMs: since(stableMs),
    undoneAfterMs: undoneMs === null || undoBegunMs === null ? null : round(undoneMs - undoBegunMs),
    backAfterUndoMs:
      undoBegunMs === null || steadyAfterUndoMs === null ? null : round(Math.max(0, steadyAfterUndoMs - undoBegunMs)),
  };
}

/**
 * Everything that is not steady: failed requests, at the time they were due, and gaps longer than steady state allows. A
 * request that was due in an outage and fails long after it does not lengthen the outage: those due after it succeed.
 */
function disturbancesOf(outcomes: readonly Outcome[], window: Stretch, steady: SteadyState): Stretch[] {
  const byLane = Map.groupBy(outcomes, (outcome) => outcome.lane);
  const gaps = [...byLane.values()].flatMap((lane) =>
    gapsOf(lane, window).filter((gap) => gap.lengthMs > steady.maxGapMs),
  );
  const failures = dueIn(outcomes, window)
    .filter((outcome) => !succeeded(outcome))
    .map(({ dueMs }) => ({ fromMs: dueMs, toMs: dueMs }));
  return [...gaps, ...failures]
    .map(({ fromMs, toMs }) => ({ fromMs, toMs }))
    .sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
}

/**
 * The end of the first disturbance that began before the undo, where disturbances less than the hold time apart are one.
 * Without any, the fault's own beginning: users felt nothing.
 */
function firstSteadyMs(
  disturbances: readonly Stretch[],
  effectiveMs: number,
  undoMs: number,
  endMs: number,
  steady: SteadyState,
): number | null {
  const first = disturbances.find((stretch) => stretch.toMs > effectiveMs && stretch.fromMs < undoMs);
  return first ? steadyFromMs(disturbances, first.toMs, endMs, steady.holdMs) : effectiveMs;
}

/** The first moment from `fromMs` on that is followed by `holdMs` without a disturbance; null when the run ends before that. */
function steadyFromMs(disturbances: readonly Stretch[], fromMs: number, endMs: number, holdMs: number): number | null {
  let steadyMs = fromMs;
  for (const { fromMs: begin, toMs } of disturbances) {
    if (begin >= steadyMs + holdMs) break;
    if (toMs > steadyMs) steadyMs = toMs;
  }
  return steadyMs + holdMs <= endMs ? steadyMs : null;
}

function detectedAt(history: History, effectiveMs: number): number | null {
  const views = clusterViews(history.engine);
  const before = views.findLast((view) => view.atMs <= effectiveMs);
  const cluster = views.find(
    (view) =>
      view.atMs > effectiveMs &&
      view.status !== 'none' &&
      (view.status !== 'green' || (before && (view.nodes < before.nodes || view.master !== before.master))),
  );
  const balancer = history.balancer.find((s) => s.atMs > effectiveMs && s.answered && !allBackendsUp(s));
  const found = [cluster?.atMs, balancer?.atMs].filter((atMs) => atMs !== undefined);
  return found.length === 0 ? null : Math.min(...found);
}

function firstSuccessAt(outcomes: readonly Outcome[], effectiveMs: number): number | null {
  const firsts = laneNames(outcomes).map((lane) =>
    outcomes.reduce<number | null>((first, outcome) => {
      if (outcome.lane !== lane || outcome.dueMs < effectiveMs || !succeeded(outcome)) return first;
      return first === null || outcome.endMs < first ? outcome.endMs : first;
    }, null),
  );
  return firsts.length === 0 || firsts.includes(null) ? null : Math.max(...firsts.filter((at) => at !== null));
}

/** The end of the last stretch without full protection; the effect itself when protection was never lost. */
function reprotectedAt(history: History, effectiveMs: number): number | null {
  const cluster = clusterViews(history.engine).map(({ atMs, status }) => ({ atMs, whole: status === 'green' }));
  const balancer = history.balancer.map((sample) => ({ atMs: sample.atMs, whole: allBackendsUp(sample) }));
  const ends = [cluster, balancer].map((samples) => {
    const after = samples.filter((sample) => sample.atMs > effectiveMs);
    const lastBroken = after.findLastIndex((sample) => !sample.whole);
    if (lastBroken === -1) return after.length === 0 ? null : effectiveMs;
    return after[lastBroken + 1]?.atMs ?? null;
  });
  const [clusterEnd, balancerEnd] = ends;
  return typeof clusterEnd === 'number' && typeof balancerEnd === 'number' ? Math.max(clusterEnd, balancerEnd) : null;
}
