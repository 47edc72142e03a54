// A plan as text: what would change, in order, each with its reason.
import type { Plan } from '../../reconcile/index.ts';
import type { Price, RegionCheck } from '../region-check.ts';
import { paint } from '../terminal.ts';
import { table } from './table.ts';

export function renderPlan(name: string, plan: Plan, check?: Pick<RegionCheck, 'price' | 'notices'>): string {
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
  const inTheWay = obstacles.map(({ subject, reason }) => [paint.yellow('in the way'), subject, reason]);
  const notices = (check?.notices ?? []).map((notice) => paint.yellow(`! ${notice}`));
  return [head, table([...rows, ...inTheWay]), ...notices, check ? renderPrice(check.price) : '']
    .filter((part) => part !== '')
    .join('\n');
}

function renderPrice({ monthlyUsd, items }: Price): string {
  const parts = items.map(({ what, count }) => `${count} × ${what}`).join(', ');
  return paint.dim(`${parts}: ${monthlyUsd === null ? 'price unknown' : `$${monthlyUsd} a month at list price`}`);
}
