// The runs as a table to read and to paste: Markdown, one line a run.
import type { Host } from '../failover/command.ts';
import { hostLine, markdown, seconds } from '../failover/table.ts';
import type { OperationRun } from './run.ts';

const head = [
  'operation',
  'failover',
  'in the middle',
  'verdict',
  'applies',
  'took',
  'lost / unexpected / duplicate / stale of acknowledged',
  'failed requests',
  'write gap',
  'read gap',
  'left behind',
];

export function disturbanceText({ trouble, victim, killed }: OperationRun): string {
  const parts = [
    ...(trouble.kills > 0 ? [`${killed} kills`] : []),
    ...(trouble.powerCut
      ? [victim === null ? 'no power cut: it was over before' : `power cut of ${short(victim)}`]
      : []),
    ...(trouble.starved ? ['half a processor each'] : []),
  ];
  return parts.join(', ') || 'nothing';
}

function short(label: string): string {
  return label.split('-').slice(-2).join('-');
}

export function operationsTable(host: Host, runs: readonly OperationRun[]): string {
  const rows = runs.map((run) => [
    run.operation,
    run.failover,
    disturbanceText(run),
    run.result,
    String(run.applies),
    `${Math.round(run.durationMs / 1_000)} s`,
    `${run.lost} / ${run.unexpected} / ${run.duplicate} / ${run.stale} of ${run.acknowledged}`,
    `${run.failed} of ${run.requests}`,
    seconds(run.writeGapMs),
    seconds(run.readGapMs),
    run.leftovers.length === 0 ? 'nothing' : run.leftovers.join('; '),
  ]);
  return [hostLine(host), '', markdown(head, rows), ''].join('\n');
}
