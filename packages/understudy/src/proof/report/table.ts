// Verdicts as a table for a terminal. A value: the command line prints and colours it.
import { show, showSeen } from '../checker/goal-checks.ts';
import type { GoalId, Verdict } from '../checker/verdict.ts';
import { median } from './run-history.ts';

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One row per run. */
export function verdictTable(verdicts: readonly Verdict[]): Table {
  return {
    columns: ['drill', 'verdict', 'write gap', 'read gap', 'failed', 'RTO', 'reprotected', 'lost', 'writes'],
    rows: verdicts.map((verdict) => [
      verdict.drill,
      verdict.result,
      seenOf(verdict, 'longestWriteGapMs'),
      seenOf(verdict, 'longestReadGapMs'),
      `${verdict.requests.failed}/${verdict.requests.total}`,
      show(verdict.rtoMs, { unit: 'ms' }),
      show(verdict.times.reprotectedMs, { unit: 'ms' }),
      String(verdict.documents.counts.lost),
      String(verdict.requests.writesAcknowledged),
    ]),
  };
}

/** The table as lines of text, columns aligned. */
export function renderTable({ columns, rows }: Table): string {
  const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** `1.2 s of 2 s`: what was seen, and the goal where there is one. */
function seenOf(verdict: Verdict, id: GoalId): string {
  const check = verdict.goals.find((candidate) => candidate.id === id);
  if (!check || verdict.lanes.length === 0) return '-';
  return check.limit === null ? show(check.seen, check) : `${showSeen(check)} of ${show(check.limit, check)}`;
}

/** Worst and median of a goal over runs of one drill; null when it was never seen. */
export function worstAndMedian(verdicts: readonly Verdict[], id: GoalId): { worst: number; median: number } | null {
  const seen = verdicts
    .flatMap((verdict) => verdict.goals.filter((check) => check.id === id))
    .flatMap((check) => (check.seen === null ? [] : [check.seen]));
  const middle = median(seen);
  return middle === null ? null : { worst: Math.max(...seen), median: middle };
}
