// A long run over real sockets against a faulty node, to find leaks: a million operations by default.
// node --conditions=understudy-source packages/client/test/stress.ts [operations]
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, isClientError } from '@understudy/client';
import { seededRandom } from './simulation/sim-time.ts';
import { json, StubServer, type Seen } from './stub-server.ts';

export interface StressReport {
  readonly operations: number;
  readonly done: number;
  readonly failed: number;
  readonly seconds: number;
  /** Heap after a collection, MiB, at a tenth of the run and at its end. */
  readonly heapMiB: readonly [number, number];
  /** Handles and timers that the run left behind. */
  readonly left: readonly string[];
}

const concurrency = 128;

const acknowledged = { _index: 'a', result: 'updated', _version: 1, _seq_no: 1, _primary_term: 1 };

function faulty(seed: number): (seen: Seen, response: ServerResponse) => void {
  const random = seededRandom(seed);
  return (seen, response) => {
    const roll = random();
    if (roll < 0.002) return void response.destroy();
    if (roll < 0.01) return json(response, 503, { error: { type: 'unavailable_shards_exception', reason: 'by plan' } });
    if (seen.url.startsWith('/_bulk')) {
      const items = seen.body.split('\n').flatMap((line) => {
        const id = /^\{"(index|create|delete)":\{.*"_id":"([^"]+)"/.exec(line);
        return id ? [{ [id[1]!]: { ...acknowledged, _id: id[2], status: 200 } }] : [];
      });
      return json(response, 200, { items });
    }
    const id = /_doc\/([^?]+)/.exec(seen.url)?.[1];
    json(response, 200, { ...acknowledged, _id: id, found: true, _source: {}, hits: { hits: [] } });
  };
}

/** Runs `operations` and reports; `unhandledRejection` fails the process by itself. */
export async function stress(operations: number): Promise<StressReport> {
  const collect = (): number => {
    globalThis.gc?.();
    return Math.round(process.memoryUsage().heapUsed / 1024 / 1024);
  };
  const servers = await Promise.all([1, 2, 3].map((seed) => new StubServer(faulty(seed)).listen()));
  for (const server of servers) server.seen.push = () => 0;
  const before = countResources();
  const client = createClient({ nodes: servers.map(({ url }) => url), deadlineMs: 10_000 });
  const random = seededRandom(99);
  let started = 0;
  let done = 0;
  let failed = 0;
  let early = 0;
  const startedMs = performance.now();
  const worker = async (): Promise<void> => {
    while (started < operations) {
      const n = started++;
      if (n === Math.floor(operations / 10)) early = collect();
      const abort = random() < 0.01 ? AbortSignal.timeout(2) : undefined;
      const options = abort ? { signal: abort } : {};
      const kind = random();
      const running =
        kind < 0.6
          ? client.index({ index: 'a', id: `${n % 5000}`, document: { n } }, options)
          : kind < 0.9
            ? client.get({ index: 'a', id: `${n % 5000}` }, options)
            : client.search({ index: 'a' }, options);
      await running.then(
        () => done++,
        (error: unknown) => {
          if (!isClientError(error)) throw error;
          failed++;
        },
      );
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - startedMs) / 1000;
  await client.close();
  const heapMiB = [early, collect()] as const;
  await sleep(200);
  const left = difference(countResources(), before);
  for (const server of servers) await server.close();
  assert.equal(done + failed, operations);
  return { operations, done, failed, seconds, heapMiB, left };
}

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function difference(after: Map<string, number>, before: Map<string, number>): string[] {
  return [...after]
    .filter(([name, count]) => count > (before.get(name) ?? 0))
    .map(([name, count]) => `${name}: ${count}`);
}

if (import.meta.main) console.log(JSON.stringify(await stress(Number(process.argv[2] ?? 1_000_000)), null, 2));
