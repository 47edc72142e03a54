// The runs as a table to read and to paste: Markdown, one line a run.
import type { Host } from '../failover/command.ts';
import { hostLine, markdown, seconds } from '../failover/table.ts';
import type { OperationRun } from './run.ts';

const head = [
  'operation',
  'failover',
  'disturbance',
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
      ? [victim === null ? 'no power cut: the operation ended before it' : `power cut of ${short(victim)}`]
      : []),
    ...(trouble.starved ? ['half a processor each'] : []),
  ];
  return parts.join(', ') || 'nothing';
}

function short(label: string): string {
  return label.split('-').slice(-2).join('-');
}

/** One line for each run; below it, where an operation ran several times, one line for each kind of run. */
export function operationsTable(host: Host, runs: readonly OperationRun[]): string {
  const rows = runs.map((run) => [
    run.operation,
    run.failover,
    disturbanceText(run),
    run.result,
    String(run.applies),
    `${Math.round(run.durationMs / 1_000)} s`,
    ...countTexts([run]),
    seconds(run.writeGapMs),
    seconds(run.readGapMs),
    leftText(run),
  ]);
  const kinds = [...Map.groupBy(runs, kindOf).values()];
  const summary = kinds.length < runs.length ? [markdown(summaryHead, kinds.map(summaryRow)), ''] : [];
  return [hostLine(host), '', markdown(head, rows), '', ...summary].join('\n');
}

function leftText({ applies, leftovers }: OperationRun): string {
  if (applies === 0) return 'the operation was not started';
  return leftovers.length === 0 ? 'nothing' : leftovers.join('; ');
}

const summaryHead = [
  'operation',
  'failover',
  'disturbance',
  'verdicts',
  'took',
  'lost / unexpected / duplicate / stale of acknowledged',
  'failed requests',
  'longest write gap',
  'longest read gap',
];

/** Documents and requests of these runs together. */
function countTexts(runs: readonly OperationRun[]): readonly string[] {
  const sum = (of: (run: OperationRun) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const [lost, unexpected] = [sum((run) => run.lost), sum((run) => run.unexpected)];
  const [duplicate, stale] = [sum((run) => run.duplicate), sum((run) => run.stale)];
  return [
    `${lost} / ${unexpected} / ${duplicate} / ${stale} of ${sum((run) => run.acknowledged)}`,
    `${sum((run) => run.failed)} of ${sum((run) => run.requests)}`,
  ];
}

/** Runs that differ in their seed alone, and so in the machine whose power was cut, are of one kind. */
function kindOf({ operation, failover, trouble }: OperationRun): string {
  return JSON.stringify([operation, failover, trouble.kills > 0, trouble.powerCut, trouble.starved]);
}

function summaryRow(runs: readonly OperationRun[]): string[] {
  const [first] = runs;
  if (first === undefined) return [];
  const most = (of: (run: OperationRun) => number): number => Math.max(...runs.map(of));
  const took = runs.map(({ durationMs }) => Math.round(durationMs / 1_000));
  const verdicts = Map.groupBy(runs, ({ result }) => result);
  return [
    first.operation,
    first.failover,
    first.trouble.powerCut ? 'power cut of another machine' : disturbanceText(first),
    [...verdicts].map(([result, all]) => `${all.length} ${result}`).join(', '),
    `${[...new Set([Math.min(...took), Math.max(...took)])].join(' to ')} s`,
    ...countTexts(runs),
    seconds(most(({ writeGapMs }) => writeGapMs)),
    seconds(most(({ readGapMs }) => readGapMs)),
  ];
}
