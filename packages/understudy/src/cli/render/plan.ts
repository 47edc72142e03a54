// A plan as text: its steps in order, each with its reason.
import type { Plan } from '../../reconcile/index.ts';
import type { Warning } from '../../topology/index.ts';
import type { PlanAdvice, Price } from '../../operation/index.ts';
import { paint } from '../../terminal/index.ts';
import { table } from './table.ts';

export function renderPlan(name: string, plan: Plan, advice?: PlanAdvice): string {
  const { steps, obstacles } = plan;
  const head =
    steps.length === 0 && obstacles.length === 0
      ? paint.green(`${name}: nothing to do`)
      : paint.bold(`${name}: ${steps.length} ${steps.length === 1 ? 'step' : 'steps'}`);
  const rows = steps.map((step) => [
    step.destructive ? paint.red(step.action) : paint.cyan(step.action),
    step.subject,
    paint.dim(step.reason),
  ]);
  const obstacleRows = obstacles.map(({ subject, reason }) => [paint.yellow('obstacle'), subject, reason]);
  const remarks = [...(advice?.warnings ?? []).map(renderWarning), ...(advice?.notices ?? [])];
  return [
    head,
    table([...rows, ...obstacleRows]),
    ...remarks.map((remark) => paint.yellow(`! ${remark}`)),
    advice ? renderPrice(advice.price) : '',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** `line 18 search.heap: saw 512m; ...; do: ... [heap-small-for-machine]`. */
function renderWarning({ id, field, line, saw, message, remedy }: Warning): string {
  const place = line === undefined ? field : `line ${line} ${field}`;
  return `${place}: saw ${saw}; ${message}; do: ${remedy} [${id}]`;
}

function renderPrice({ monthlyUsd, items }: Price): string {
  const parts = items.map(({ what, count }) => `${count} × ${what}`).join(', ');
  return paint.dim(`${parts}: ${monthlyUsd === null ? 'price unknown' : `$${monthlyUsd} a month at list price`}`);
}
