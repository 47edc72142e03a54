// Single writes to a real cluster of --nodes nodes, directly and through the gateway, which sends them together: writes a second and
// their latency, alternating in one run. Direct requests go to the nodes in turn.
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { findEngine, startEngines } from '../../packages/service/test/harness/engine.ts';
import { processorSeconds, startGateway } from './programs.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    nodes: { type: 'string', default: '3' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const nodes = Number(values.nodes);

interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

let made = 0;

async function measure(urls: readonly string[]): Promise<Measured> {
  const pools = urls.map((url) => new Pool(url, { connections: Math.ceil(connections / urls.length) }));
  const latencies: number[] = [];
  let failed = 0;
  const endMs = performance.now() + seconds * 1000;
  const chain = async (own: number): Promise<void> => {
    const pool = pools[own % pools.length] as Pool;
    while (performance.now() < endMs) {
      const n = made++;
      const startedMs = performance.now();
      const answer = await pool.request({
        method: 'PUT',
        path: `/documents/_doc/d${n}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          n,
          title: `Document number ${n}`,
          text: 'a text of a few words, as most documents have it',
        }),
      });
      await answer.body.dump();
      if (answer.statusCode === 201) latencies.push(performance.now() - startedMs);
      else failed++;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, own) => chain(own)));
  await Promise.all(pools.map((pool) => pool.destroy()));
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return { perSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), failed };
}

const found = await findEngine();
if ('missing' in found) throw new Error(found.missing);
const engine = await startEngines(found, nodes);
try {
  const created = await fetch(`${engine.url}/documents?wait_for_active_shards=all`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ settings: { number_of_shards: 3, number_of_replicas: Math.min(1, nodes - 1) } }),
  });
  if (!created.ok) throw new Error(await created.text());
  const gateway = await startGateway(engine.urls, []);
  try {
    const results: Record<'direct' | 'gateway', Measured[]> = { direct: [], gateway: [] };
    await measure(engine.urls);
    await measure([gateway.url]);
    for (let round = 0; round < rounds; round++) {
      results.direct.push(await measure(engine.urls));
      const before = processorSeconds(gateway.pid);
      const through = await measure([gateway.url]);
      results.gateway.push(through);
      const us = ((processorSeconds(gateway.pid) - before) / (through.perSecond * seconds)) * 1e6;
      console.log(`round ${round + 1}: processor time of the gateway ${us.toFixed(1)} us a write`);
    }
    const median = (name: 'direct' | 'gateway', field: keyof Measured): number =>
      results[name].map((one) => one[field]).sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? NaN;
    for (const name of ['direct', 'gateway'] as const)
      console.log(
        `${name.padEnd(8)} ${Math.round(median(name, 'perSecond'))} writes a second, p50 ${median(name, 'p50Ms').toFixed(1)} ms, ` +
          `p99 ${median(name, 'p99Ms').toFixed(1)} ms, failed ${median(name, 'failed')}`,
      );
    console.log(`ratio    ${(median('gateway', 'perSecond') / median('direct', 'perSecond')).toFixed(2)}`);
  } finally {
    await gateway.stop();
  }
} finally {
  await engine.stop();
}
