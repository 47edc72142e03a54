// Goals against what was seen. A goal of null is listed with what was seen and counts as met: it is reported, not judged.
import type { Goals } from '../goals.ts';
import type { DocumentResult } from './documents.ts';
import type { LaneResult } from './lanes.ts';
import type { Recovery } from './times.ts';
import type { GoalCheck, GoalId, Reason, Verdict } from './verdict.ts';

export interface Measured {
  readonly lanes: readonly LaneResult[];
  readonly recovery: Recovery;
  readonly documents: DocumentResult;
  readonly staleReads: number;
  readonly requests: Verdict['requests'];
}

export function checkGoals(goals: Goals, seen: Measured): GoalCheck[] {
  const writes = seen.lanes.filter((lane) => lane.operation === 'index');
  const reads = seen.lanes.filter((lane) => lane.operation !== 'index');
  const { counts } = seen.documents;
  const seenOf: Readonly<Record<GoalId, number | null>> = {
    longestWriteGapMs: longestGap(writes),
    longestReadGapMs: longestGap(reads),
    maxErrorRatio: seen.requests.errorRatio,
    rtoMs: seen.recovery.rtoMs,
    reprotectedMs: seen.recovery.times.reprotectedMs,
    backWithinMs: seen.recovery.backAfterUndoMs,
    undoneWithinMs: seen.recovery.undoneAfterMs,
    lost: counts.lost,
    unexpected: counts.unexpected,
    duplicate: counts.duplicate,
    stale: counts.stale,
    staleReads: seen.staleReads,
  };
  return goalList.map(([id, text, unit]) => atMost(id, text, goals[id], seenOf[id], unit));
}

const goalList: readonly (readonly [id: GoalId, text: string, unit: GoalCheck['unit']])[] = [
  ['longestWriteGapMs', 'longest write gap', 'ms'],
  ['longestReadGapMs', 'longest read gap', 'ms'],
  ['maxErrorRatio', 'failed requests', 'ratio'],
  ['rtoMs', 'recovery time (RTO)', 'ms'],
  ['reprotectedMs', 'reprotected', 'ms'],
  ['backWithinMs', 'recovery after the undo', 'ms'],
  ['undoneWithinMs', 'undone after', 'ms'],
  ['lost', 'lost', 'documents'],
  ['unexpected', 'unexpected', 'documents'],
  ['duplicate', 'duplicate', 'documents'],
  ['stale', 'stale', 'documents'],
  ['staleReads', 'stale reads', 'reads'],
];

export function goalReasons(checks: readonly GoalCheck[]): Reason[] {
  return checks.filter((check) => !check.met).map((check) => ({ code: 'goal-missed', text: missedText(check) }));
}

/** What was not seen at all is said in words of its own: "recovery time: not seen" leaves open what was waited for. */
const notSeen: Partial<Record<GoalId, string>> = {
  rtoMs: 'steady state was not seen again after the fault',
  reprotectedMs: 'the system was not seen with every copy and backend in place again',
  backWithinMs: 'steady state was not seen again after the undo',
  undoneWithinMs: 'the fault was not seen to be undone',
};

function missedText(check: GoalCheck): string {
  const words = check.seen === null ? notSeen[check.id] : undefined;
  if (words !== undefined) return `${words}; goal: within ${show(check.limit, check)}`;
  return `${check.goal}: ${showSeen(check)}, goal at most ${show(check.limit, check)}`;
}

function atMost(
  id: GoalId,
  goal: string,
  limit: number | null,
  seen: number | null,
  unit: GoalCheck['unit'],
): GoalCheck {
  return { id, goal, limit, seen, unit, met: limit === null || (seen !== null && seen <= limit) };
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

/** What was seen, with all its digits where a goal that was missed would read as if it had been met. */
export function showSeen(check: Pick<GoalCheck, 'seen' | 'limit' | 'unit' | 'met'>): string {
  const { seen, limit, unit, met } = check;
  const text = show(seen, check);
  if (met || seen === null || text !== show(limit, check)) return text;
  return `${text} (${unit === 'ms' ? `${Math.ceil(seen)} ms` : seen})`;
}
