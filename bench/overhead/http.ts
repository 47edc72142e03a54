// Client CPU per request over real sockets, 64 at a time, against a stub server in a process of its own: this client, alone
// and gathered, beside a bare undici pool and the official client, with its own connections and with ours.
// node --conditions=understudy-source bench/overhead/http.ts [--json] [--rounds 5] [--requests 20000]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Client } from '@elastic/elasticsearch';
import { createClient } from '@understudy/client';
import { elasticsearchOptions } from '@understudy/client/elasticsearch';
import { Pool } from 'undici';

interface Way {
  readonly name: string;
  readonly call: (n: number) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

interface Row {
  readonly client: string;
  /** Median CPU time of this process for one request, microseconds. */
  readonly usPerRequest: number;
  readonly ratioToBarePool: number;
}

const concurrency = 64;
const document = { title: 'A title of usual length', text: 'Some words that make a body. '.repeat(8) };

function ways(url: string): readonly Way[] {
  const pool = new Pool(url, { connections: concurrency });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(document);
  const alone = createClient({ nodes: [url], gather: false });
  const gathered = createClient({ nodes: [url], gather: { writes: 'on' } });
  const official = new Client({ node: url, maxRetries: 3 });
  const carried = new Client(elasticsearchOptions({ nodes: [url] }));
  return [
    {
      name: 'undici Pool, no policy',
      call: async (n) => {
        const response = await pool.request({ method: 'PUT', path: `/a/_doc/${n}`, body, headers });
        return response.body.json();
      },
      close: () => pool.close(),
    },
    {
      name: 'understudy, one by one',
      call: (n) => alone.index({ index: 'a', id: `${n}`, document }),
      close: () => alone.close(),
    },
    {
      name: 'understudy, gathered',
      call: (n) => gathered.index({ index: 'a', id: `${n}`, document }),
      close: () => gathered.close(),
    },
    {
      name: 'official client',
      call: (n) => official.index({ index: 'a', id: `${n}`, document }),
      close: () => official.close(),
    },
    {
      name: 'official client over understudy',
      call: (n) => carried.index({ index: 'a', id: `${n}`, document }),
      close: () => carried.close(),
    },
  ];
}

async function cpuPerRequest(way: Way, requests: number): Promise<number> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < requests) await way.call(next++);
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
}

async function measure(url: string, rounds: number, requests: number): Promise<readonly Row[]> {
  const all = ways(url);
  const samples = all.map((): number[] => []);
  for (const way of all) await cpuPerRequest(way, requests / 4);
  for (let round = 0; round < rounds; round++) {
    for (const [i, way] of all.entries()) samples[i]?.push(await cpuPerRequest(way, requests));
  }
  for (const way of all) await way.close();
  const medians = samples.map((values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN);
  return medians.map((usPerRequest, i) => ({
    client: all[i]?.name ?? '',
    usPerRequest,
    ratioToBarePool: usPerRequest / (medians[0] ?? NaN),
  }));
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '20000' },
  },
});
const server = fork(new URL('./stub-engine.ts', import.meta.url));
const [port] = (await once(server, 'message')) as [number];
const rows = await measure(`http://127.0.0.1:${port}`, Number(values.rounds), Number(values.requests));
server.kill();
if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, rows })}\n`);
else {
  process.stdout.write(
    `Client CPU per index request, ${concurrency} at a time, median of ${values.rounds} interleaved rounds, Node ${process.version}\n`,
  );
  for (const { client, usPerRequest, ratioToBarePool } of rows) {
    process.stdout.write(
      `${client.padEnd(36)}${usPerRequest.toFixed(1).padStart(8)} us${`${ratioToBarePool.toFixed(2)}x`.padStart(9)}\n`,
    );
  }
}
