// Drills as text: a plan before, a verdict after, several runs in one table.
import { basename, join } from 'node:path';
import {
  renderTable,
  verdictTable,
  worstAndMedian,
  type Result,
  type RunHistory,
  type RunPlan,
  type Verdict,
} from '../../proof/index.ts';
import type { RunResult } from '../../drills/index.ts';
import { paint } from '../../terminal/index.ts';
import { table } from './table.ts';

const resultPaint: Record<Result, (text: string) => string> = {
  PASS: paint.green,
  FAIL: paint.red,
  INVALID: paint.magenta,
  ABORTED: paint.yellow,
};

export function renderDryRun(plan: RunPlan): string {
  const { durations } = plan;
  const seconds = (ms: number): string => `${ms / 1000} s`;
  return `${paint.bold(plan.drill)} on ${plan.cluster}\n${table([
    ['stands for', plan.standsFor],
    ['does not measure', plan.doesNotMeasure.join('; ') || '-'],
    [
      'durations',
      `${seconds(durations.steadyMs)} steady, ${seconds(durations.faultMs)} fault, recovery within ${seconds(durations.recoveryMs)}`,
    ],
    ['requests go to', plan.workload.urls.join(' ')],
    ['not sent', notSentText(plan.workload.notSent) || '-'],
    ['seed', String(plan.seed)],
  ])}`;
}

/** `get (the topology has none)`; empty when every operation is sent. */
function notSentText(notSent: Verdict['notSent'] = []): string {
  return notSent.map(({ operation, because }) => `${operation} (${because})`).join('; ');
}

export function renderVerdict(verdict: Verdict, directory: string): string {
  const head = `${resultPaint[verdict.result](paint.bold(verdict.result))} ${paint.bold(verdict.drill)} ${paint.dim(verdict.targets.join(' '))}`;
  const reasons = verdict.reasons.map(({ text }) => `  - ${text}`);
  const { columns, rows } = verdictTable([verdict]);
  const cells = columns.slice(2).map((column, at) => [paint.dim(column), rows[0]?.[at + 2] ?? '-']);
  const notSent = notSentText(verdict.notSent);
  const missing = notSent === '' ? [] : [paint.dim(`  not sent, so not measured: ${notSent}`)];
  return [head, ...reasons, table(cells), ...missing, paint.dim(`  report ${join(directory, 'report.html')}`)].join(
    '\n',
  );
}

/** One line per run, then worst and median of each drill that ran more than once. */
export function renderRuns(results: readonly RunResult[]): string {
  const verdicts = results.map(({ verdict }) => verdict);
  const coloured = renderTable(verdictTable(verdicts)).replaceAll(/\b(PASS|FAIL|INVALID|ABORTED)\b/g, (word) =>
    resultPaint[word as Result](word),
  );
  const repeated = [...new Set(verdicts.map(({ drill }) => drill))].filter(
    (drill) => verdicts.filter((verdict) => verdict.drill === drill).length > 1,
  );
  return ['', coloured, ...repeated.map((drill) => spread(drill, verdicts))].join('\n');
}

function spread(drill: string, all: readonly Verdict[]): string {
  const verdicts = all.filter((verdict) => verdict.drill === drill);
  const rows = (verdicts[0]?.goals ?? []).flatMap(({ id, goal, unit }) => {
    const found = worstAndMedian(verdicts, id);
    return found ? [[goal, `worst ${found.worst} ${unit}`, `median ${found.median} ${unit}`]] : [];
  });
  return `\n${paint.bold(drill)} ${verdicts.length} runs\n${table(rows)}`;
}

export function renderHistory(history: RunHistory): string {
  if (history.runs.length === 0) return paint.dim('no runs yet: understudy drill run NAME');
  return renderRuns(history.runs.map(({ directory, verdict }) => ({ directory: basename(directory), verdict })));
}
