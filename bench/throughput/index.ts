// Index and search throughput of this service, of Flask with gunicorn, and of Fastify with the bare official client, and their
// latency at a rate that Flask can sustain: the same engine, the same documents, rounds interleaved, medians.
import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findEngine, startEngines, type TestEngine } from '../../packages/service/test/harness/engine.ts';
import { debianDescriptions } from '../documents.ts';
import { recipes, startContender, type Contender } from './contenders.ts';
import { measureAtRate, type RateSample } from './fixed-rate.ts';
import { checkGoals, shares } from './goals.ts';
import { prepareIndex } from './indices.ts';
import { median, measure, type Sample, type Target } from './measure.ts';
import { requestFiles, type RequestFiles } from './request-files.ts';
import type { RateRow, Row } from './rows.ts';
import { table, type Result } from './table.ts';

const help = `bench/throughput: throughput and latency of this service, of Flask, and of Fastify with the bare official client.

  node --conditions=understudy-source bench/throughput/index.ts [options]

  --rounds N       interleaved rounds, medians are taken (default 5)
  --seconds N      of each measurement (default 5)
  --workers N      processes of this service (default 1)
  --nodes N        engine nodes, started for this run (default 1: more would share the same processors)
  --documents N    descriptions of Debian packages that are indexed and searched (default 20000)
  --hosts URL,URL  an engine that runs already
  --json           the result as JSON on stdout; progress is on stderr
  --from FILE      print what --json wrote before, and measure nothing

Examples:
  bench/throughput/index.ts                       everything, about 20 minutes
  bench/throughput/index.ts --rounds 1 --json     a quick look

It needs wrk (apt-get install wrk), an engine in the cache (bin/demo puts it there), and a machine without other work.
Ends 0 when every goal is reached, 1 when one is not.`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    workers: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '1' },
    documents: { type: 'string', default: '20000' },
    hosts: { type: 'string' },
    from: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const [rounds, seconds, workers] = [values.rounds, values.seconds, values.workers].map(Number) as [
  number,
  number,
  number,
];

const operations = ['index', 'search'] as const;
/** Warm-up goes on while a round is faster than any before it by so much, and so many rounds at most. */
const [warmUpGain, warmUpRounds] = [1.05, 8];
const connections = [16, 64] as const;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function engine(): Promise<Pick<TestEngine, 'url' | 'urls' | 'pids' | 'stop'>> {
  if (values.hosts !== undefined)
    return { url: values.hosts, urls: values.hosts.split(','), pids: [], stop: () => Promise.resolve() };
  const found = await findEngine();
  if ('missing' in found) throw new Error(found.missing);
  // The lab's installation uses one of the two compilers; a bench measures what a long-lived engine does.
  return await startEngines(found, Number(values.nodes), '-XX:TieredStopAtLevel=4');
}

function target({ url, pid }: Contender, enginePids: readonly number[]): Target {
  return { url, servicePids: [pid], enginePids };
}

/** Each round starts with another service, so that none is always the first after a pause. */
function inTurn(contenders: readonly Contender[], round: number): Contender[] {
  return contenders.map((_, at) => contenders[(at + round) % contenders.length] as Contender);
}

/** A process compiles during its first seconds, an engine during its first minutes. */
async function warmUp(
  contenders: readonly Contender[],
  files: RequestFiles,
  enginePids: readonly number[],
): Promise<void> {
  let fastest = 0;
  for (let round = 1; round <= warmUpRounds; round += 1) {
    let perSecond = 0;
    for (const contender of contenders)
      for (const operation of operations)
        perSecond += (await measure(target(contender, enginePids), files[operation], 64, seconds)).perSecond;
    say(`warm-up ${round}  ${Math.round(perSecond)}/s in sum`);
    if (perSecond < fastest * warmUpGain) return;
    fastest = Math.max(fastest, perSecond);
  }
}

async function asFastAsPossible(
  contenders: readonly Contender[],
  files: RequestFiles,
  enginePids: readonly number[],
): Promise<Row[]> {
  const samples = new Map<string, { readonly of: Pick<Row, 'operation' | 'connections' | 'service'>; all: Sample[] }>();
  for (let round = 0; round < rounds; round += 1)
    for (const operation of operations)
      for (const count of connections)
        for (const contender of inTurn(contenders, round)) {
          const sample = await measure(target(contender, enginePids), files[operation], count, seconds);
          const key = `${operation} ${count} ${contender.name}`;
          const of = { operation, connections: count, service: contender.name };
          samples.set(key, { of, all: [...(samples.get(key)?.all ?? []), sample] });
          say(
            `round ${round + 1}/${rounds}  ${key.padEnd(24)} ${Math.round(sample.perSecond)}/s  p99 ${sample.p99Ms} ms`,
          );
        }
  return [...samples.values()].map(({ of, all }) => ({
    ...of,
    perSecond: Math.round(median(all.map((sample) => sample.perSecond))),
    p50Ms: median(all.map((sample) => sample.p50Ms)),
    p99Ms: median(all.map((sample) => sample.p99Ms)),
    serviceCpuUs: Math.round(median(all.map((sample) => sample.serviceCpuUs))),
    engineCpuUs: Math.round(median(all.map((sample) => sample.engineCpuUs))),
    failed: all.reduce((sum, sample) => sum + sample.failed, 0),
  }));
}

async function loadOf(operation: Row['operation'], share: number, files: RequestFiles, rows: readonly Row[]) {
  const flask = rows.find((row) => row.service === 'flask' && row.operation === operation && row.connections === 16);
  const lines = (await readFile(files[operation], 'utf8')).split('\n');
  return { operation, share, perSecond: Math.floor((flask?.perSecond ?? 0) * share), lines };
}

async function atAFixedRate(
  contenders: readonly Contender[],
  files: RequestFiles,
  rows: readonly Row[],
): Promise<RateRow[]> {
  const samples = new Map<
    string,
    { readonly of: Pick<RateRow, 'operation' | 'share' | 'perSecond' | 'service'>; all: RateSample[] }
  >();
  const loads = await Promise.all(
    shares.flatMap((share) => operations.map((operation) => loadOf(operation, share, files, rows))),
  );
  for (let round = 0; round < rounds; round += 1)
    for (const { operation, share, perSecond, lines } of loads)
      for (const contender of inTurn(contenders, round)) {
        const sample = await measureAtRate(contender.url, lines, perSecond, seconds);
        const key = `${operation} ${share} ${contender.name}`;
        const of = { operation, share, perSecond, service: contender.name };
        samples.set(key, { of, all: [...(samples.get(key)?.all ?? []), sample] });
        say(`round ${round + 1}/${rounds}  ${key.padEnd(24)} at ${perSecond}/s  p99 ${sample.p99Ms.toFixed(1)} ms`);
      }
  return [...samples.values()].map(({ of, all }) => ({
    ...of,
    p50Ms: median(all.map((sample) => sample.p50Ms)),
    p99Ms: median(all.map((sample) => sample.p99Ms)),
    failed: all.reduce((sum, sample) => sum + sample.failed, 0),
  }));
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-throughput-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  // What the run has started ends with this process.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(signal, () => process.exit(code));
  const contenders: Contender[] = [];
  const search = await engine();
  try {
    const documents = await debianDescriptions(Number(values.documents));
    const files = await requestFiles(directory, documents);
    for (const recipe of await recipes(workers)) {
      const contender = await startContender(recipe, search.urls.join(','), workers);
      contenders.push(contender);
      await prepareIndex(search.urls[0] as string, contender.index, documents, search.urls.length > 1 ? 1 : 0);
    }
    await warmUp(contenders, files, search.pids);
    const rows = await asFastAsPossible(contenders, files, search.pids);
    const rates = await atAFixedRate(contenders, files, rows);
    const goals = checkGoals(rows, rates);
    const result = {
      ...{ rounds, seconds, workers, nodes: search.urls.length, documents: documents.length },
      ...{ rows, rates, goals },
    };
    show(result);
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
    await search.stop();
  }
}

function show(result: Result): void {
  process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : table(result));
  process.exitCode = result.goals.every(({ met }) => met) ? 0 : 1;
}

/** The goals are checked again: they may have changed since. */
async function printSaved(path: string): Promise<void> {
  const saved = JSON.parse(await readFile(path, 'utf8')) as Result;
  show({ ...saved, goals: checkGoals(saved.rows, saved.rates) });
}

if (values.help) process.stdout.write(`${help}\n`);
else if (values.from !== undefined) await printSaved(values.from);
else await main();
