// The results as a table to read: a row for each drill, the contenders side by side in each cell; then the goals.
import { contenderAbout, contenderNames, type ContenderName } from './contenders.ts';
import { quantile, type Figures } from './analysis.ts';
import type { Drill } from './drills.ts';
import { checkGoals } from './goals.ts';
import type { RunResult } from './results.ts';

type Column = readonly [title: string, (all: readonly Figures[]) => string];

const median = (values: readonly number[]): number => quantile(values, 0.5);
const total = (all: readonly Figures[], of: (one: Figures) => number): number =>
  all.reduce((sum, one) => sum + of(one), 0);

function seconds(all: readonly Figures[], of: (one: Figures) => number | null): string {
  const values = all.flatMap((one) => of(one) ?? []);
  if (values.length === 0) return '–';
  const ms = median(values);
  return Number.isFinite(ms) ? (ms / 1000).toFixed(ms < 995 ? 2 : 1) : 'never';
}

function requestsToEngines(all: readonly Figures[]): string {
  const seen = all.flatMap(({ engineRequests }) => engineRequests ?? []);
  return seen.length === 0 ? '–' : median(seen).toFixed(2);
}

const columns: readonly Column[] = [
  ['failed requests', (all) => String(total(all, ({ failed }) => failed))],
  ['incomplete answers', (all) => String(total(all, ({ incomplete }) => incomplete))],
  ['longest write gap, s', (all) => seconds(all, ({ writeGapMs }) => writeGapMs)],
  ['longest read gap of healthy shards, s', (all) => seconds(all, ({ healthyReadGapMs }) => healthyReadGapMs)],
  ['p99 of reads of healthy shards, s', (all) => seconds(all, ({ healthyReadP99Ms }) => healthyReadP99Ms)],
  ['p99 of all reads, s', (all) => seconds(all, ({ readP99Ms }) => readP99Ms)],
  ['engine requests per user request', requestsToEngines],
  ['back in traffic, s', (all) => seconds(all, ({ backInTrafficMs }) => backInTrafficMs)],
];

function cell(
  results: readonly RunResult[],
  drill: string,
  [, show]: Column,
  clients: readonly ContenderName[],
): string {
  return clients
    .map((client) => {
      const all = results.filter((one) => one.drill === drill && one.client === client).map(({ figures }) => figures);
      const valid = all.filter(({ invalid }) => invalid === null);
      return all.length === 0 ? '?' : valid.length === 0 ? 'invalid' : show(valid);
    })
    .join(' / ');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** A Markdown table that reads well in a terminal too. */
export function table(results: readonly RunResult[], drills: readonly Drill[]): string {
  const clients = contenderNames.filter((name) => results.some(({ client }) => client === name));
  const rounds = new Set(results.map(({ round }) => round)).size;
  const ran = drills.filter(({ name }) => results.some(({ drill }) => drill === name));
  const requests = Math.round(median(results.map(({ figures }) => figures.requests)));
  const lost = total(
    results.map(({ figures }) => figures),
    ({ lost: one }) => one,
  );
  const lagMs = Math.max(...results.map(({ figures }) => figures.lagMs));
  const head = [
    `Each cell: ${clients.join(' / ')}. ${rounds === 1 ? 'One round' : `Medians of ${rounds} rounds, failures summed`}; ` +
      `about ${requests} requests were made during each fault. Acknowledged writes lost: ${lost}. Generator lag: at most ${Math.round(lagMs)} ms.`,
    ...clients.map((client) => `- ${client}: ${contenderAbout[client]}`),
    '',
  ];
  const invalid = results.flatMap(({ drill, client, round, figures }) =>
    figures.invalid === null ? [] : [`Invalid: ${drill}, ${client}, round ${round}: ${figures.invalid}.`],
  );
  return [
    ...head,
    row(['drill', ...columns.map(([title]) => title)]),
    row(['---', ...columns.map(() => '---')]),
    ...ran.map(({ name }) => row([name, ...columns.map((column) => cell(results, name, column, clients))])),
    '',
    ...(invalid.length === 0 ? [] : [...invalid, '']),
    ...(clients.includes('ours') ? goalLines(results) : []),
    '',
  ].join('\n');
}

function goalLines(results: readonly RunResult[]): readonly string[] {
  const judged = checkGoals(results).filter(({ measured }) => measured !== undefined);
  return [
    row(['goal of this client', 'drill', 'limit', 'measured', 'verdict']),
    row(['---', '---', '---', '---', '---']),
    ...judged.map(({ what, drill, limit, measured, met, by }) =>
      row([what, drill, limit, measured ?? '', met === true ? 'met' : `not met ${by}`]),
    ),
  ];
}
