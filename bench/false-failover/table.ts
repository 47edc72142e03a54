// The cost of each profile as tables to read and to paste: Markdown.
import type { Profiles, ResultFile } from '../failover/command.ts';
import { hostLine, markdown, seconds } from '../failover/table.ts';
import type { FailoverProfile } from '../../packages/understudy/src/engines/index.ts';
import { cases } from './cases.ts';
import { settledLimits } from './limits.ts';
import { isFailover, isFalseFailover, isMeasure, measuredLimits, type PriceRun } from './price.ts';

export function priceTables({ host, profiles: settings, runs }: ResultFile<PriceRun>): string {
  const place = ({ case: name }: PriceRun): number => cases.findIndex((one) => one.name === name);
  const counted = runs.filter(isMeasure).sort((a, b) => place(a) - place(b));
  const measured = new Set(counted.map(({ profile }) => profile));
  const profiles = (['stock', 'safe', 'fast'] as const).filter((profile) => measured.has(profile));
  return [
    hostLine(host),
    '',
    ejectionTable(counted, profiles),
    '',
    limitTable(counted, profiles, settings),
    '',
    ...totals(counted, profiles),
    '',
  ].join('\n');
}

/** One row for each case, one column for each profile. */
function ejectionTable(runs: readonly PriceRun[], profiles: readonly FailoverProfile[]): string {
  const rows = [...Map.groupBy(runs, (run) => run.case)].map(([, group]) => {
    const [first] = group;
    const cells = profiles.map((profile) => cell(group.filter((run) => run.profile === profile)));
    return [first?.victim ?? '', first?.about ?? '', ...cells];
  });
  return markdown(['victim', 'fault', ...profiles], rows);
}

function cell(runs: readonly PriceRun[]): string {
  if (runs.length === 0) return 'not measured';
  const gap = `write gap ${seconds(Math.max(...runs.map(({ writeGapMs }) => writeGapMs)))}`;
  const heap = runs.flatMap((run) => (run.heap === null ? [] : [run.heap]));
  const figures =
    heap.length === 0
      ? ''
      : `; heap ${Math.max(...heap.map((h) => h.mostHeapPercent))} %, collector ${percent(Math.max(...heap.map((h) => h.meanGcShare)))} of the time`;
  const affected = runs.filter(isFailover);
  if (affected.length === 0) return `no failover (${gap}${figures})`;
  const [first] = affected;
  const often = runs.length === 1 ? '' : ` in ${affected.length} of ${runs.length}`;
  const said = affected.some(isFalseFailover) ? '**false failover**' : 'failover';
  return `${said}${often}${first ? `, ${what(first)}` : ''} (${gap}${figures})`;
}

/** The first thing that the cluster did. */
function what({ ejections, elections }: PriceRun): string {
  const [ejection] = ejections;
  const [election] = elections;
  if (ejection && (!election || ejection.afterMs <= election.afterMs))
    return `${ejection.node} ejected after ${seconds(ejection.afterMs)}: ${ejection.reason}`;
  return election ? `${election.master} elected after ${seconds(election.afterMs)}` : '';
}

function limitTable(runs: readonly PriceRun[], profiles: readonly FailoverProfile[], settings: Profiles): string {
  const limits = measuredLimits(runs);
  const rows = profiles.map((profile) => {
    const { hangS, silentConnectionS } = settledLimits(settings[profile]);
    const of = (victim: PriceRun['victim']): string => {
      const limit = limits.find((candidate) => candidate.profile === profile && candidate.victim === victim);
      if (!limit) return 'not measured';
      const { longestSurvivedS: survived, shortestEjectedS: ejected } = limit;
      return `${survived === null ? 'none' : `up to ${survived} s`} kept, ${ejected === null ? 'none ejected' : `${ejected} s ejected`}`;
    };
    return [profile, `${hangS} s`, `${silentConnectionS} s`, of('master'), of('data node')];
  });
  return markdown(
    [
      'profile',
      'hang detected, by its settings',
      'silent connection closed, by its settings',
      'master, measured',
      'data node, measured',
    ],
    rows,
  );
}

function totals(runs: readonly PriceRun[], profiles: readonly FailoverProfile[]): string[] {
  return profiles.map((profile) => {
    const own = runs.filter((run) => run.profile === profile);
    return `${profile}: ${own.filter(isFalseFailover).length} false failovers in ${own.length} runs, ${own.reduce((sum, run) => sum + run.lost, 0)} documents lost`;
  });
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
