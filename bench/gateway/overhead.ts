// What the gateway costs: processor time for a small request, and latency that it adds at a fixed rate. A stub in its own process is
// the engine. Beside the gateway stand a relay of bytes and a bare proxy in the same runtime, which show what part is the machine's and
// the runtime's. The kinds alternate in every round; figures are medians over the rounds.
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { processorSeconds, startGateway, startPlain, startStub, type Program } from './programs.ts';

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

interface Contender {
  readonly name: string;
  readonly pool: Pool;
  /** Process whose processor time is counted; none for direct requests. */
  readonly pid: number | undefined;
  readonly perSecond: number[];
  readonly processorUs: number[];
  readonly p50: number[];
  readonly p99: number[];
}

function contender(name: string, { url, pid }: Program, isMeasured = true): Contender {
  const lists = { perSecond: [], processorUs: [], p50: [], p99: [] };
  return { name, pool: new Pool(url, { connections: 32 }), pid: isMeasured ? pid : undefined, ...lists };
}

async function measure(one: Contender): Promise<void> {
  const before = one.pid === undefined ? NaN : processorSeconds(one.pid);
  one.perSecond.push(await throughput(one.pool));
  if (one.pid !== undefined) one.processorUs.push(((processorSeconds(one.pid) - before) / requests) * 1e6);
  const sorted = await latencies(one.pool);
  one.p50.push(at(sorted, 0.5));
  one.p99.push(at(sorted, 0.99));
}

function show(all: readonly Contender[]): void {
  const direct = all[0] as Contender;
  const added = (one: Contender, field: 'p50' | 'p99'): number =>
    Math.round(median(one[field].map((us, round) => us - (direct[field][round] as number))));
  console.log('                 a second of 32 chains   processor us   p50 us   p99 us   added p50   added p99');
  for (const one of all)
    console.log(
      [
        one.name.padEnd(16),
        String(Math.round(median(one.perSecond))).padStart(22),
        (one.pid === undefined ? '-' : median(one.processorUs).toFixed(1)).padStart(14),
        String(Math.round(median(one.p50))).padStart(8),
        String(Math.round(median(one.p99))).padStart(8),
        String(added(one, 'p50')).padStart(11),
        String(added(one, 'p99')).padStart(11),
      ].join(' '),
    );
}

const programs: Program[] = [];
async function started(program: Promise<Program>): Promise<Program> {
  const running = await program;
  programs.push(running);
  return running;
}

try {
  const stub = await started(startStub());
  const all = [
    contender('direct', stub, false),
    contender('relay of bytes', await started(startPlain('relay', stub.url))),
    contender('bare proxy', await started(startPlain('proxy', stub.url))),
    contender('gateway', await started(startGateway([stub.url], ['--gather', 'off']))),
  ];
  for (const { pool } of all) await throughput(pool);
  for (let round = 0; round < rounds; round++) for (const one of all) await measure(one);
  show(all);
  await Promise.all(all.map(({ pool }) => pool.destroy()));
} finally {
  for (const program of programs) await program.stop();
}
