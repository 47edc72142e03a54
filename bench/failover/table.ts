// The comparison as a table to read and to paste: Markdown.
import type { Host } from './command.ts';
import { isMeasure, type OutageRun, type Ratio, type Summary } from './outage.ts';

export function hostLine({ cpu, cpus, memoryGb, kernel }: Host): string {
  return `${cpus} × ${cpu}, ${memoryGb} GB, Linux ${kernel}`;
}

export function seconds(ms: number | null): string {
  return ms === null ? 'never' : `${(ms / 1_000).toFixed(1)} s`;
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const head = [
  'drill',
  'stack',
  'writes/s',
  'runs',
  'write gap, worst',
  'write gap, median',
  'failed requests',
  'RTO, worst',
  'RTO, median',
  'lost / unexpected / duplicate of acknowledged',
];

export function outageTable(host: Host, summaries: readonly Summary[], ratios: readonly Ratio[]): string {
  const rows = summaries.map((summary) => {
    const bound = summary.atLeast ? '≥ ' : '';
    return [
      summary.drill,
      summary.stack,
      String(summary.writesPerS),
      String(summary.runs),
      bound + seconds(summary.worstGapMs),
      bound + seconds(summary.medianGapMs),
      `${summary.failed} of ${summary.requests}`,
      seconds(summary.worstRtoMs),
      seconds(summary.medianRtoMs),
      `${summary.lost} / ${summary.unexpected} / ${summary.duplicate} of ${summary.acknowledged}`,
    ];
  });
  const lines = ratios.map(
    ({ of, to, drill, medians, worsts }) =>
      `${drill}, ${of} : ${to} = ${medians.toFixed(1)} : 1 (medians), ${worsts.toFixed(1)} : 1 (worsts)`,
  );
  return [hostLine(host), '', markdown(head, rows), '', ...lines, ''].join('\n');
}

/** Runs that prove nothing, each with its reasons; empty when every run counts. */
export function setAside(runs: readonly OutageRun[]): string[] {
  return runs
    .filter((run) => !isMeasure(run))
    .map(
      ({ stack, drill, result, reasons }) => `not counted: ${drill} on ${stack} is ${result}: ${reasons.join('; ')}`,
    );
}
