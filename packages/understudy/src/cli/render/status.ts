// A status as text: the verdict first, then the facts behind it.
import type { Status } from '../../status/index.ts';
import { paint } from '../../terminal/index.ts';
import { table } from './table.ts';

const verdictPaint = { healthy: paint.green, degraded: paint.yellow, down: paint.red, unknown: paint.magenta };

export function renderStatus(status: Status): string {
  const head = `${paint.bold(status.name)} in ${status.region} is ${verdictPaint[status.verdict](paint.bold(status.verdict))}`;
  return [
    [head, ...status.findings.map(finding)].join('\n'),
    ...notices('needs attention later', status.notices),
    ...notices('foreign indices', status.foreign),
    section('cluster', clusterRows(status)),
    section('machines', machineRows(status)),
    section('shards', shardRows(status)),
    section('balancer', balancerRows(status)),
  ].join('\n\n');
}

/** The finding, and below it its effect on users and its repair. */
function finding({ reason, effect, repair, verdict }: Status['findings'][number]): string {
  const below = [effect, repair].map((text) => `\n    ${paint.dim(text)}`);
  return `  ${verdictPaint[verdict]('-')} ${reason}${below.join('')}`;
}

/** A part that is omitted when it is empty. */
function notices(title: string, all: Status['notices']): string[] {
  if (all.length === 0) return [];
  const lines = all.map(({ reason, repair }) => `  - ${reason}\n    ${paint.dim(repair)}`);
  return [[paint.bold(title), ...lines].join('\n')];
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  return `${paint.bold(title)}\n${rows.length === 0 ? paint.dim('  nothing to show') : table(rows)}`;
}

function clusterRows({ cluster }: Status): string[][] {
  if (cluster.health === null) return [[paint.red(cluster.answered ? 'no elected master' : 'no answer')]];
  const health = Object.entries(cluster.health).map(([field, value]) => [paint.dim(field), coloured(String(value))]);
  return [...health, [paint.dim('master'), cluster.master ?? 'none'], [paint.dim('voting'), cluster.voting.join(' ')]];
}

function machineRows({ machines }: Status): string[][] {
  return machines.map(({ name, role, status, addresses, reachable, unit, gateway }) => [
    name,
    role,
    coloured(status),
    addresses.public ?? '-',
    addresses.vpc,
    reachable ? coloured(unit ?? '-') : paint.red('unreachable'),
    ...(gateway === null ? [] : [`gateway ${coloured(gateway)}`]),
  ]);
}

/** One row per shard: which machine has the primary, which have replicas. */
function shardRows({ shards }: Status): string[][] {
  const keys = [...new Set(shards.map(({ index, shard }) => `${index} ${shard}`))].sort();
  return keys.map((key) => {
    const copies = shards.filter(({ index, shard }) => `${index} ${shard}` === key);
    const where = (primary: boolean): string =>
      copies
        .filter((copy) => copy.primary === primary)
        .map(({ node, state }) =>
          state === 'STARTED' ? (node ?? '-') : paint.yellow(`${node ?? ''} ${state.toLowerCase()}`.trim()),
        )
        .join(' ');
    return [key, `primary ${where(true)}`, `replicas ${where(false) || '-'}`];
  });
}

function balancerRows({ balancer }: Status): string[][] {
  const urls = balancer.urls.map((url) => [paint.cyan(url)]);
  const nodes = balancer.nodes.map(({ name, address, listener, status, mode }) => [
    `:${listener} ${name}`,
    address,
    coloured(status),
    mode,
  ]);
  return [...urls, ...nodes];
}

const good = new Set(['green', 'running', 'active', 'UP', 'STARTED']);
const bad = new Set(['red', 'offline', 'failed', 'inactive', 'DOWN', 'missing']);

function coloured(word: string): string {
  if (good.has(word)) return paint.green(word);
  if (bad.has(word)) return paint.red(word);
  return word === 'yellow' ? paint.yellow(word) : word;
}
