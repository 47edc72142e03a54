// Bulks to a real cluster: directly, through the gateway whole, and through the gateway divided by the nodes of the primaries. For each
// size the three alternate in one run; figures are medians over the rounds.
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { findEngine, startEngines } from '../../packages/service/test/harness/engine.ts';
import { startGateway, type Program } from './programs.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '4' },
    nodes: { type: 'string', default: '3' },
    items: { type: 'string', default: '10,30,100,1000,5000' },
    /** `async` shows the cost without the disk, which both ways wait for alike. */
    durability: { type: 'string', default: 'request' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const nodes = Number(values.nodes);

interface Measured {
  readonly itemsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

let made = 0;

function bulkOf(items: number): string {
  let body = '';
  for (let i = 0; i < items; i++) {
    const n = made++;
    body += `{"index":{"_id":"d${n}"}}\n{"n":${n},"title":"Document number ${n}","text":"a text of a few words, as most documents have it"}\n`;
  }
  return body;
}

async function measure(urls: readonly string[], items: number): Promise<Measured> {
  const pools = urls.map((url) => new Pool(url, { connections }));
  const latencies: number[] = [];
  const startedMs = performance.now();
  const chain = async (own: number): Promise<void> => {
    while (performance.now() < startedMs + seconds * 1000) {
      const pool = pools[(own + latencies.length) % pools.length] as Pool;
      const body = bulkOf(items);
      const sentMs = performance.now();
      const answer = await pool.request({
        method: 'POST',
        path: '/documents/_bulk',
        headers: { 'content-type': 'application/x-ndjson' },
        body,
      });
      const text = await answer.body.text();
      if (answer.statusCode !== 200 || !text.slice(0, 80).includes('"errors":false'))
        throw new Error(text.slice(0, 500));
      latencies.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, own) => chain(own)));
  const itemsPerSecond = (latencies.length * items) / ((performance.now() - startedMs) / 1000);
  await Promise.all(pools.map((pool) => pool.destroy()));
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return { itemsPerSecond, p50Ms: at(0.5), p99Ms: at(0.99) };
}

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;

async function compare(contenders: Readonly<Record<string, readonly string[]>>, items: number): Promise<void> {
  const results: Record<string, Measured[]> = {};
  for (const urls of Object.values(contenders)) await measure(urls, items);
  for (let round = 0; round < rounds; round++)
    for (const [name, urls] of Object.entries(contenders)) (results[name] ??= []).push(await measure(urls, items));
  const whole = results['whole'] as Measured[];
  for (const [name, all] of Object.entries(results)) {
    const of = (field: keyof Measured): number => median(all.map((one) => one[field]));
    const ratio = median(
      all.map(({ itemsPerSecond }, round) => itemsPerSecond / (whole[round] as Measured).itemsPerSecond),
    );
    console.log(
      `${String(items).padStart(5)} items  ${name.padEnd(8)} ${String(Math.round(of('itemsPerSecond'))).padStart(7)} items a second, ` +
        `p50 ${of('p50Ms').toFixed(1)} ms, p99 ${of('p99Ms').toFixed(1)} ms, ${ratio.toFixed(2)} times whole`,
    );
  }
}

const found = await findEngine();
if ('missing' in found) throw new Error(found.missing);
const engine = await startEngines(found, nodes);
const programs: Program[] = [];
try {
  const created = await fetch(`${engine.url}/documents?wait_for_active_shards=all`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      settings: {
        number_of_shards: 6,
        number_of_replicas: Math.min(1, nodes - 1),
        translog: { durability: values.durability },
      },
    }),
  });
  if (!created.ok) throw new Error(await created.text());
  for (const least of ['0', '2']) programs.push(await startGateway(engine.urls, ['--divide-bulks', least]));
  const [whole, divided] = programs.map(({ url }) => [url]) as [string[], string[]];
  for (const items of values.items.split(',').map(Number))
    await compare({ direct: engine.urls, whole, divided }, items);
} finally {
  for (const program of programs) await program.stop();
  await engine.stop();
}
