// Goals against what was seen. A goal of null is listed with what was seen and counts as met: it is said, not judged.
import type { Goals } from '../goals.ts';
import type { DocumentResult } from './documents.ts';
import type { LaneResult } from './lanes.ts';
import type { Recovery } from './times.ts';
import type { GoalCheck, Reason, Verdict } from './verdict.ts';

export interface Seen {
  readonly lanes: readonly LaneResult[];
  readonly recovery: Recovery;
  readonly documents: DocumentResult;
  readonly staleReads: number;
  readonly requests: Verdict['requests'];
}

export function judgeGoals(goals: Goals, seen: Seen): GoalCheck[] {
  const writes = seen.lanes.filter((lane) => lane.operation === 'index');
  const reads = seen.lanes.filter((lane) => lane.operation !== 'index');
  const { counts } = seen.documents;
  return [
    atMost('longest write gap', goals.longestWriteGapMs, longestGap(writes), 'ms'),
    atMost('longest read gap', goals.longestReadGapMs, longestGap(reads), 'ms'),
    atMost('failed requests', goals.maxErrorRatio, seen.requests.errorRatio, 'ratio'),
    atMost('recovery time (RTO)', goals.rtoMs, seen.recovery.rtoMs, 'ms'),
    atMost('reprotected', goals.reprotectedMs, seen.recovery.times.reprotectedMs, 'ms'),
    atMost('back after the undo', goals.backWithinMs, seen.recovery.backAfterUndoMs, 'ms'),
    atMost('undone after', goals.undoneWithinMs, seen.recovery.undoneAfterMs, 'ms'),
    atMost('lost', goals.lost, counts.lost, 'documents'),
    atMost('unexpected', goals.unexpected, counts.unexpected, 'documents'),
    atMost('duplicate', goals.duplicate, counts.duplicate, 'documents'),
    atMost('stale', goals.stale, counts.stale, 'documents'),
    atMost('stale reads', goals.staleReads, seen.staleReads, 'reads'),
  ];
}

export function goalReasons(checks: readonly GoalCheck[]): Reason[] {
  return checks
    .filter((check) => !check.met)
    .map((check) => ({
      code: 'goal-missed',
      text: `${check.goal}: ${show(check.seen, check)}, goal at most ${show(check.limit, check)}`,
    }));
}

function atMost(goal: string, limit: number | null, seen: number | null, unit: GoalCheck['unit']): GoalCheck {
  return { goal, limit, seen, unit, met: limit === null || (seen !== null && seen <= limit) };
}

function longestGap(lanes: readonly LaneResult[]): number | null {
  return lanes.length === 0 ? null : Math.max(...lanes.map((lane) => lane.longestGap.lengthMs));
}

/** A value with its unit, as people read it. */
export function show(value: number | null, { unit }: Pick<GoalCheck, 'unit'>): string {
  if (value === null) return 'not seen';
  if (unit === 'ms') return value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`;
  if (unit === 'ratio') return value === 0 ? '0 %' : `${(value * 100).toPrecision(2)} %`;
  return `${value} ${unit}`;
}
