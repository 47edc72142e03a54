// Index and search throughput of this service, of Flask with gunicorn, and of Fastify with the bare official client: the same
// engine, the same documents, rounds interleaved, medians.
//   bench/throughput [--json] [--rounds 5] [--seconds 5] [--workers 1] [--nodes 3] [--hosts URL,URL]
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findEngine, startEngines, type TestEngine } from '../../packages/service/test/harness/engine.ts';
import { debianDescriptions, type BenchDocument } from '../documents.ts';
import { recipes, startContender, type Contender } from './contenders.ts';
import { prepareIndex } from './indices.ts';
import { median, measure, type Sample, type Target } from './measure.ts';
import { table, type Row } from './table.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    workers: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '3' },
    documents: { type: 'string', default: '20000' },
    hosts: { type: 'string' },
  },
});
const [rounds, seconds, workers] = [values.rounds, values.seconds, values.workers].map(Number) as [
  number,
  number,
  number,
];

const operations = ['index', 'search'] as const;
const connections = [16, 64] as const;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function engine(): Promise<Pick<TestEngine, 'url' | 'urls' | 'pids' | 'stop'>> {
  if (values.hosts !== undefined)
    return { url: values.hosts, urls: values.hosts.split(','), pids: [], stop: () => Promise.resolve() };
  const found = await findEngine();
  if ('missing' in found) throw new Error(found.missing);
  // The lab's installation compiles little; a bench is about what a long-lived engine does.
  return await startEngines(found, Number(values.nodes), '-XX:TieredStopAtLevel=4');
}

/** A file of requests for each operation: documents to write again, and the first words of their descriptions to find. */
async function requestFiles(directory: string, documents: readonly BenchDocument[]): Promise<Record<string, string>> {
  const words = documents.map(({ data }) =>
    (data['Description'] ?? data['Package'] ?? '').split(' ').slice(0, 2).join(' '),
  );
  const files = { index: join(directory, 'index'), search: join(directory, 'search') };
  await writeFile(files.index, documents.map((document) => JSON.stringify(document)).join('\n'));
  await writeFile(files.search, words.map((query) => `/search?q=${encodeURIComponent(query)}`).join('\n'));
  return files;
}

function target({ url, pid }: Contender, enginePids: readonly number[]): Target {
  return { url, servicePids: [pid], enginePids };
}

async function run(
  contenders: readonly Contender[],
  files: Record<string, string>,
  enginePids: readonly number[],
): Promise<Row[]> {
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < rounds; round += 1) {
    // Each round starts with another service, so that none is always the first after a pause.
    const order = contenders.map((_, at) => contenders[(at + round) % contenders.length] as Contender);
    for (const operation of operations) {
      for (const count of connections) {
        for (const contender of order) {
          const sample = await measure(target(contender, enginePids), files[operation] as string, count, seconds);
          const key = `${operation} ${count} ${contender.name}`;
          samples.set(key, [...(samples.get(key) ?? []), sample]);
          say(
            `round ${round + 1}/${rounds}  ${key.padEnd(24)} ${Math.round(sample.perSecond)}/s  p99 ${sample.p99Ms} ms`,
          );
        }
      }
    }
  }
  return [...samples].map(([key, all]) => {
    const [operation = '', count = '', ...name] = key.split(' ');
    return {
      operation,
      connections: Number(count),
      service: name.join(' '),
      perSecond: Math.round(median(all.map((sample) => sample.perSecond))),
      p50Ms: median(all.map((sample) => sample.p50Ms)),
      p99Ms: median(all.map((sample) => sample.p99Ms)),
      serviceCpuUs: Math.round(median(all.map((sample) => sample.serviceCpuUs))),
      engineCpuUs: Math.round(median(all.map((sample) => sample.engineCpuUs))),
      failed: all.reduce((sum, sample) => sum + sample.failed, 0),
    };
  });
}

const directory = await mkdtemp(join(tmpdir(), 'understudy-throughput-'));
const contenders: Contender[] = [];
const search = await engine();
try {
  const documents = await debianDescriptions(Number(values.documents));
  const files = await requestFiles(directory, documents);
  for (const recipe of await recipes(workers)) {
    const contender = await startContender(recipe, search.urls.join(','), workers);
    contenders.push(contender);
    await prepareIndex(search.urls[0] as string, contender.index, documents, search.urls.length > 1 ? 1 : 0);
    // The first seconds of a process are its compiler's.
    for (const operation of operations)
      await measure(target(contender, search.pids), files[operation] as string, 16, 2);
  }
  const rows = await run(contenders, files, search.pids);
  const result = { rounds, seconds, workers, nodes: search.urls.length, documents: documents.length, rows };
  process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : table(result));
} finally {
  await Promise.all(contenders.map((contender) => contender.stop()));
  await search.stop();
  await rm(directory, { recursive: true });
}
