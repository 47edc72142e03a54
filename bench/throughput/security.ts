// What TLS and users cost: the same service before the same engine, with `search.security: on` and `off`, in one run, rounds interleaved.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSecurity } from '../../packages/understudy/src/secure/index.ts';
import { sampleIntent, sampleText } from '../../packages/understudy/test/simulation/sample-intent.ts';
import { missingEngine, SecuredCluster } from '../../packages/understudy/test/secure/secured-cluster.ts';
import { debianDescriptions } from '../documents.ts';
import { markdown } from '../failover/table.ts';
import { recipes, startContender, type Contender } from './contenders.ts';
import { indexBody } from './indices.ts';
import { median, measure, type Sample } from './measure.ts';
import { requestFiles, type RequestFiles } from './request-files.ts';
import type { Row } from './rows.ts';

const help = `bench/throughput/security: throughput of this project's service with TLS and users in the search cluster, and without.

  node --conditions=understudy-source bench/throughput/security.ts [options]

  --rounds N     interleaved rounds, medians are taken (default 5)
  --seconds N    of each measurement (default 5)
  --json         the result as JSON on stdout; progress is on stderr

Example:
  bench/throughput/security.ts --rounds 3

Two clusters of three nodes on loopback, each with the files that the tool writes; one at a time is asked. It needs wrk, an engine with
its security module in the cache, and a machine without other work.`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const sides = ['off', 'on'] as const;
type Side = (typeof sides)[number];
const operations = ['index', 'search'] as const;
const connections = 64;
const warmUps = 4;

interface Measured {
  readonly side: Side;
  readonly contender: Contender;
  readonly enginePids: readonly number[];
}

interface SideRow extends Omit<Row, 'connections' | 'service'> {
  readonly security: Side;
}

/** A cluster and the service before it. */
async function start(side: Side, directory: string, stack: AsyncDisposableStack): Promise<Measured> {
  const intent = await sampleIntent(sampleText.replace('security: off', `security: ${side}`));
  const security = side === 'on' && (await openSecurity({ directory, systemName: 'demo', nowMs: Date.now() }));
  // A bench measures what a long-lived engine does: with both compilers.
  const cluster = stack.use(
    await SecuredCluster.start({ ...intent, ...(security && { security }) }, '-XX:TieredStopAtLevel=4'),
  );
  const caPath = join(directory, 'bundle.crt');
  if (security) await writeFile(caPath, security.bundlePem);
  const environment: Record<string, string> = security
    ? {
        ES_USERNAME: 'understudy-operator',
        ES_PASSWORD: security.accounts.operator.password.reveal(),
        ES_CA: caPath,
      }
    : {};
  const [recipe] = await recipes(1);
  if (recipe === undefined) throw new Error('no service to measure');
  const scheme = security ? 'https' : 'http';
  const hosts = cluster.machines.map(({ vpcAddress }) => `${scheme}://${vpcAddress}:9200`).join(',');
  const contender = await startContender({ ...recipe, environment }, hosts, 1);
  stack.defer(() => contender.stop());
  const made = await cluster
    .transport(security ? cluster.login('operator') : undefined)
    .request('PUT', `/${contender.index}`, await indexBody(1));
  if (made.status !== 200) throw new Error(`the index was refused: ${JSON.stringify(made.body)}`);
  return { side, contender, enginePids: cluster.pids };
}

async function run(all: readonly Measured[], files: RequestFiles): Promise<SideRow[]> {
  const samples = new Map<string, Sample[]>();
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  for (let round = -warmUps; round < rounds; round += 1)
    for (const operation of operations)
      // Each round starts with the other side.
      for (const { side, contender, enginePids } of round % 2 === 0 ? all : all.toReversed()) {
        const target = { url: contender.url, servicePids: [contender.pid], enginePids };
        const sample = await measure(target, files[operation], connections, seconds);
        const key = `${operation} ${side}`;
        process.stderr.write(
          `${round < 0 ? 'warm-up' : `round ${round + 1}/${rounds}`}  ${key.padEnd(11)} ${Math.round(sample.perSecond)}/s  p99 ${sample.p99Ms} ms\n`,
        );
        if (round >= 0) samples.set(key, [...(samples.get(key) ?? []), sample]);
      }
  return operations.flatMap((operation) =>
    sides.map((security) => {
      const own = samples.get(`${operation} ${security}`) ?? [];
      const middle = (of: (sample: Sample) => number): number => median(own.map(of));
      return {
        ...{ operation, security },
        perSecond: Math.round(middle((one) => one.perSecond)),
        p50Ms: middle((one) => one.p50Ms),
        p99Ms: middle((one) => one.p99Ms),
        serviceCpuUs: Math.round(middle((one) => one.serviceCpuUs)),
        engineCpuUs: Math.round(middle((one) => one.engineCpuUs)),
        failed: own.reduce((sum, one) => sum + one.failed, 0),
      };
    }),
  );
}

function table(rows: readonly SideRow[]): string {
  const lines = rows.map(({ operation, security, ...row }) => {
    const off = rows.find((other) => other.operation === operation && other.security === 'off');
    return [
      ...[operation, security, row.perSecond, (row.perSecond / (off?.perSecond ?? NaN)).toFixed(2)],
      ...[row.p50Ms.toFixed(1), row.p99Ms.toFixed(1), row.serviceCpuUs, row.engineCpuUs, row.failed],
    ].map(String);
  });
  const head = 'operation | security | per second | to off | p50 ms | p99 ms | service CPU us | engine CPU us | failed';
  return `Medians of ${values.rounds} interleaved rounds of ${values.seconds} s, ${connections} connections, three nodes.\n\n${markdown(head.split(' | '), lines)}\n`;
}

async function main(): Promise<void> {
  const missing = missingEngine('elasticsearch');
  if (missing !== false) throw new Error(missing);
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'understudy-throughput-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const files = await requestFiles(directory, await debianDescriptions(20_000));
  const all: Measured[] = [];
  for (const side of sides) all.push(await start(side, directory, stack));
  const rows = await run(all, files);
  process.stdout.write(values.json ? `${JSON.stringify({ rows }, null, 2)}\n` : table(rows));
}

if (values.help) process.stdout.write(`${help}\n`);
else await main();
