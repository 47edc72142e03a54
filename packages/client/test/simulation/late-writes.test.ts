// Attempts that were given up and arrive late: what was acknowledged after them must not be overwritten, also with clock skew.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createClient, isClientError, type Client, type ClientOptions } from '@understudy/client';
import type { Time } from '../../src/time/time.ts';
import { SimEngine } from './sim-engine.ts';
import { SimTime, seededRandom } from './sim-time.ts';

interface Plan {
  readonly seed: number;
  readonly gather: boolean;
  /** Share of requests that are carried out only long after they were given up. */
  readonly late: number;
  /** How far the clock of the second client is from that of the first, ms. */
  readonly skewMs: number;
}

const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.nat(),
  gather: fc.boolean(),
  late: fc.double({ min: 0.05, max: 0.4, noNaN: true }),
  skewMs: fc.integer({ min: -60_000, max: 60_000 }),
});

/** The same clock, but for the time of day. */
function skewed(time: SimTime, skewMs: number): Time {
  return {
    now: () => time.now(),
    wall: () => time.wall() + skewMs,
    after: (ms, task) => time.after(ms, task),
    defer: (task) => time.defer(task),
    random: time.random,
  };
}

/** Writes the same few documents over and over, each only after its last write ended; two clients take turns. */
async function staleAfter(plan: Plan, more: Partial<ClientOptions> = {}): Promise<readonly string[]> {
  const time = new SimTime(plan.seed);
  const random = seededRandom(plan.seed ^ 0x9e3779b9);
  const engine = new SimEngine(time);
  engine.behaviours = (_node, request, isProbe) =>
    !isProbe && request.method !== 'GET' && random() < plan.late
      ? { kind: 'late', afterMs: 500 + random() * 40_000 }
      : { kind: 'answer', afterMs: 2 + random() * 20 };
  const clientAt = (skewMs: number): Client =>
    createClient({
      nodes: ['http://n0:9200', 'http://n1:9200', 'http://n2:9200'],
      deadlineMs: 20_000,
      gather: plan.gather ? { writes: 'on' } : false,
      time: skewed(time, skewMs),
      wire: engine.wires,
      ...more,
    });
  const clients = [clientAt(0), clientAt(plan.skewMs)];
  const wanted = new Map<string, { deleted: boolean; n: number; certain: boolean }>();
  const writeOften = async (id: string): Promise<void> => {
    for (let n = 1; n <= 12; n++) {
      const client = clients[n % 2]!;
      const deleted = random() < 0.2;
      try {
        if (deleted) await client.delete({ index: 'a', id });
        else await client.index({ index: 'a', id, document: { n } });
        wanted.set(id, { deleted, n, certain: true });
      } catch (error) {
        if (!isClientError(error)) throw error;
        if (error.outcome === 'unknown') wanted.set(id, { deleted, n, certain: false });
      }
    }
  };
  const all = Promise.all(['x', 'y', 'z'].map(writeOften));
  await time.run(12 * 20_000 + 60_000);
  await all;
  const closing = Promise.all(clients.map((client) => client.close({ drainMs: 100 })));
  await time.run(10_000);
  await closing;
  return [...wanted].flatMap(([id, { deleted, n, certain }]) => {
    const stored = engine.store.get(id)?.source as { n: number } | undefined;
    const asWritten = deleted ? stored === undefined : stored?.n === n;
    return certain && !asWritten ? [`${id}: write ${n} was acknowledged, and ${JSON.stringify(stored)} is there`] : [];
  });
}

test('with every delay and clock skew the last acknowledged write is not overwritten', async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => assert.deepEqual(await staleAfter(plan), [])),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 60) },
  );
});

test('without fences the same runs lose acknowledged writes: the property can fail', async () => {
  let stale = 0;
  for (let seed = 0; seed < 20; seed++)
    stale += (await staleAfter({ seed, gather: seed % 2 === 0, late: 0.3, skewMs: 0 }, { fenceWrites: false })).length;
  assert.ok(stale > 0);
});

test('a write with a given fence is refused when a later one was written, and accepted when it is repeated', async () => {
  const time = new SimTime();
  const engine = new SimEngine(time);
  const client = createClient({ nodes: ['http://n0:9200'], time, wire: engine.wires });
  const carried = async <T>(work: Promise<T>): Promise<T> => {
    const settled = work.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    await time.run(1_000);
    return (await settled)();
  };
  const fence = client.newFence();
  const queued = (): Promise<unknown> => carried(client.index({ index: 'a', id: '1', document: { n: 1 }, fence }));
  await queued();
  await queued();
  await carried(client.index({ index: 'a', id: '1', document: { n: 2 } }));
  await assert.rejects(queued(), { code: 'conflict', outcome: 'none' });
  assert.deepEqual(engine.store.get('1')?.source, { n: 2 });
  await assert.rejects(carried(client.index({ index: 'a', id: '1', document: {}, fence: 1.5 })), {
    code: 'invalid-request',
    message: /`fence` must be a whole number from 0 to/,
  });
  await carried(client.close());
});
