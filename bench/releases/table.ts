// The runs as a table to read and to paste: Markdown, one line a run; below it every request that failed.
import type { Host } from '../failover/command.ts';
import { hostLine, markdown } from '../failover/table.ts';
import type { FailedRequest } from './load.ts';
import type { ReleaseRun } from './run.ts';

const head = [
  'application',
  'case',
  'requests/s',
  'changes',
  'requests',
  'failed',
  'of these answered by a bad release',
  'longest gap, ms',
  'a change took, s',
  'back after a bad one, s',
];

export function releasesTable(host: Host, runs: readonly ReleaseRun[]): string {
  const rows = runs.map((run) => {
    const back = run.changes.flatMap(({ putBackMs }) => putBackMs ?? []);
    return [
      ...[run.application, run.name, String(run.ratePerS), String(run.changes.length), String(run.requests)],
      String(run.failed.length),
      String(run.failed.filter(({ byBadRelease }) => byBadRelease).length),
      String(run.longestGapMs),
      range(run.changes.map(({ tookMs }) => tookMs)),
      back.length === 0 ? '' : range(back),
    ];
  });
  const faults = runs.flatMap(faultsOf);
  return [hostLine(host), '', markdown(head, rows), '', ...faults, ''].join('\n');
}

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((ms) => (ms / 1_000).toFixed(1));
  return least === most ? (least ?? '') : `${least ?? ''} to ${most ?? ''}`;
}

/** What went wrong, a line for each change and each kind of failed request in it. */
export function faultsOf({ application, name, ratePerS, changes, failed }: ReleaseRun): string[] {
  const where = `${application}, ${name}, ${ratePerS}/s`;
  const during = ({ atMs }: FailedRequest): string =>
    changes.findLast(({ fromMs }) => fromMs <= atMs)?.name ?? 'before the first change';
  const kinds = Map.groupBy(failed, (one) => `(${during(one)}): ${one.kind}: ${one.cause}`);
  return [
    ...changes.flatMap((change) => (change.wrong === null ? [] : [`${where}: ${change.name}: ${change.wrong}`])),
    ...[...kinds].map(([kind, some]) => {
      const at = range(some.map(({ atMs }) => atMs));
      return `${where}: ${at} s ${kind} (${some.length} times, after ${range(some.map(({ tookMs }) => tookMs))} s)`;
    }),
  ];
}
