// What the gateway costs: processor time for a small request, and latency that it adds at a fixed rate. A stub in its own process is
// the engine; direct requests and requests through the gateway alternate in one run.
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { processorSeconds, startGateway, startStub, type Program } from './programs.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '4' },
  },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);
const rate = Number(values.rate);
const seconds = Number(values.seconds);

const body = JSON.stringify({ query: { match: { text: 'search' } }, size: 10 });

async function search(pool: Pool): Promise<void> {
  const answer = await pool.request({
    method: 'POST',
    path: '/documents/_search',
    headers: { 'content-type': 'application/json' },
    body,
  });
  await answer.body.dump();
}

/** Requests one after the other in 32 chains; requests a second. */
async function throughput(pool: Pool): Promise<number> {
  const startedMs = performance.now();
  let left = requests;
  const chain = async (): Promise<void> => {
    while (left-- > 0) await search(pool);
  };
  await Promise.all(Array.from({ length: 32 }, chain));
  return requests / ((performance.now() - startedMs) / 1000);
}

/** Latencies at a fixed rate, in microseconds, ascending. */
async function latencies(pool: Pool): Promise<number[]> {
  const all: number[] = [];
  const open: Promise<void>[] = [];
  const startedMs = performance.now();
  for (let sent = 0; sent < rate * seconds;) {
    const due = Math.min(rate * seconds, ((performance.now() - startedMs) / 1000) * rate);
    for (; sent < due; sent++) {
      const atMs = performance.now();
      open.push(search(pool).then(() => void all.push((performance.now() - atMs) * 1000)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(open);
  return all.sort((a, b) => a - b);
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.floor(sorted.length * share)] ?? NaN;
const median = (list: readonly number[]): number =>
  at(
    [...list].sort((a, b) => a - b),
    0.5,
  );

const programs: Program[] = [];
try {
  const stub = await startStub();
  programs.push(stub);
  const gateway = await startGateway([stub.url], ['--gather', 'off']);
  programs.push(gateway);
  const pools = {
    direct: new Pool(stub.url, { connections: 32 }),
    gateway: new Pool(gateway.url, { connections: 32 }),
  };
  for (const pool of Object.values(pools)) await throughput(pool);
  const perRequestUs: number[] = [];
  const rates: Record<'direct' | 'gateway', number[]> = { direct: [], gateway: [] };
  const added: { p50: number[]; p99: number[] } = { p50: [], p99: [] };
  for (let round = 0; round < rounds; round++) {
    rates.direct.push(await throughput(pools.direct));
    const before = processorSeconds(gateway.pid);
    rates.gateway.push(await throughput(pools.gateway));
    perRequestUs.push(((processorSeconds(gateway.pid) - before) / requests) * 1e6);
    const direct = await latencies(pools.direct);
    const through = await latencies(pools.gateway);
    added.p50.push(at(through, 0.5) - at(direct, 0.5));
    added.p99.push(at(through, 0.99) - at(direct, 0.99));
  }
  const us = median(perRequestUs);
  console.log(
    `processor time of a request        ${us.toFixed(1)} us: ${Math.round(1e6 / us)} requests a second on one core`,
  );
  console.log(
    `32 chains, direct / through        ${Math.round(median(rates.direct))} / ${Math.round(median(rates.gateway))} a second`,
  );
  console.log(
    `added at ${rate} a second, p50 / p99   ${Math.round(median(added.p50))} / ${Math.round(median(added.p99))} us`,
  );
  await Promise.all(Object.values(pools).map((pool) => pool.destroy()));
} finally {
  for (const program of programs) await program.stop();
}
