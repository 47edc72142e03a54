// What users observe while nodes fail, on a simulated cluster: exact and fast, where real engines are slow and noisy.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createClient, isClientError, type Client, type ClientOptions } from '@understudy/client';
import { SimEngine, type Behaviour } from './sim-engine.ts';
import { SimTime } from './sim-time.ts';

const urls = ['http://n0:9200', 'http://n1:9200', 'http://n2:9200'];
const answer = (afterMs: number): Behaviour => ({ kind: 'answer', afterMs });

interface Setup {
  readonly time: SimTime;
  readonly engine: SimEngine;
  readonly client: Client;
}

function setup(options: Partial<ClientOptions> = {}, seed = 7): Setup {
  const time = new SimTime(seed);
  const engine = new SimEngine(time);
  const client = createClient({ nodes: urls, time, wire: engine.wires, gather: false, ...options });
  return { time, engine, client };
}

interface Observed {
  done: number;
  failed: string[];
  latencies: number[];
}

/** One operation every `everyMs` for `forMs`. */
async function load(
  s: Setup,
  observed: Observed,
  everyMs: number,
  forMs: number,
  operation: (n: number) => Promise<unknown>,
): Promise<void> {
  for (let n = 0; n * everyMs < forMs; n++) {
    const startedMs = s.time.now();
    operation(n).then(
      () => {
        observed.done++;
        observed.latencies.push(s.time.now() - startedMs);
      },
      (error: unknown) => observed.failed.push(isClientError(error) ? error.code : String(error)),
    );
    await s.time.run(everyMs);
  }
}

const p = (observed: Observed, q: number): number =>
  [...observed.latencies].sort((a, b) => a - b)[Math.floor(observed.latencies.length * q)] ?? NaN;
const observed = (): Observed => ({ done: 0, failed: [], latencies: [] });

test('a killed node fails no request, is marked down once, and has traffic within 2 s of its return', async () => {
  const s = setup();
  let dead = false;
  s.engine.behaviours = (node) => (dead && node === urls[0] ? { kind: 'refuse' } : answer(5));
  const f = observed();
  const write = (n: number): Promise<unknown> => s.client.index({ index: 'a', id: `${n}`, document: { n } });
  await load(s, f, 5, 1000, write);
  dead = true;
  await load(s, f, 5, 5000, write);
  assert.equal(s.client.metrics().counters.nodeFailures, 1);
  dead = false;
  const backMs = s.time.now();
  const before = s.engine.received.length;
  await load(s, f, 5, 2000, write);
  const first = s.engine.received.slice(before).find(({ node }) => node === urls[0]);
  assert.ok(first && first.atMs - backMs < 2000);
  await s.time.run(1000);
  assert.deepEqual(f.failed, []);
  assert.ok(Math.max(...f.latencies) < 100, `longest ${Math.max(...f.latencies)} ms`);
});

test('a hung node fails no request, and delays its requests by less than a second', async () => {
  const s = setup();
  let hung = false;
  s.engine.behaviours = (node) => (hung && node === urls[0] ? { kind: 'hang', applied: false } : answer(5));
  const f = observed();
  const write = (n: number): Promise<unknown> => s.client.index({ index: 'a', id: `${n}`, document: { n } });
  await load(s, f, 5, 1000, write);
  hung = true;
  await load(s, f, 5, 10_000, write);
  assert.deepEqual(f.failed, []);
  assert.ok(Math.max(...f.latencies) < 1000, `longest ${Math.max(...f.latencies)} ms`);
  assert.equal(s.client.metrics().counters.nodeFailures, 1);
});

test('one node slowed by a second: p99 of reads at most twice the healthy one, for at most 5 % more requests', async () => {
  const s = setup();
  s.engine.behaviours = () => answer(5 + s.time.random() * 5);
  const healthy = observed();
  const read = (): Promise<unknown> => s.client.get({ index: 'a', id: '1' });
  await load(s, healthy, 2, 4000, read);
  s.engine.behaviours = (node) => answer((node === urls[0] ? 1000 : 5) + s.time.random() * 5);
  const before = s.client.metrics().counters;
  const slowed = observed();
  await load(s, slowed, 2, 20_000, read);
  await s.time.run(2000);
  assert.deepEqual(slowed.failed, []);
  assert.ok(p(slowed, 0.99) <= 2 * p(healthy, 0.99), `${p(slowed, 0.99)} against ${p(healthy, 0.99)} ms`);
  const after = s.client.metrics().counters;
  const extra = (after.requests - before.requests) / (after.operations - before.operations) - 1;
  assert.ok(extra <= 0.05, `${(extra * 100).toFixed(1)} % more requests`);
});

for (const [name, behaviour] of [
  ['refuses connections', { kind: 'refuse' }],
  ['answers 503', { kind: 'status', status: 503, afterMs: 2 }],
  ['hangs', { kind: 'hang', applied: false }],
] as const) {
  test(`a whole cluster that ${name} gets at most 1.1 requests per operation, and clients fail fast soon`, async () => {
    const s = setup({ deadlineMs: 10_000 });
    const f = observed();
    const read = (n: number): Promise<unknown> => s.client.get({ index: 'a', id: `${n}` });
    await load(s, f, 5, 1000, read);
    s.engine.behaviours = () => behaviour;
    const before = { operations: s.client.metrics().counters.operations, requests: s.engine.requests };
    await load(s, f, 5, 60_000, read);
    const operations = s.client.metrics().counters.operations - before.operations;
    const perOperation = (s.engine.requests - before.requests) / operations;
    assert.ok(perOperation <= 1.1, `${perOperation.toFixed(2)} requests per operation`);
    assert.ok(f.failed.includes('circuit-open'), 'the circuit opened');
    s.engine.behaviours = () => answer(5);
    await s.time.run(12_000);
    await load(s, f, 50, 2000, read);
    const again = observed();
    await load(s, again, 5, 1000, read);
    await s.time.run(100);
    assert.deepEqual(again.failed, [], 'it recovers by itself');
  });
}

test('the last usable node is never ejected because of its answers', async () => {
  const s = setup({ deadlineMs: 500 });
  s.engine.behaviours = (_node, _request, isProbe) =>
    isProbe ? answer(1) : { kind: 'status', status: 500, afterMs: 1 };
  const f = observed();
  await load(s, f, 5, 3000, (n) => s.client.get({ index: 'a', id: `${n}` }));
  assert.ok(s.client.metrics().nodes.some(({ state }) => state === 'up'));
});

test('Retry-After is honoured: nothing is sent to the cluster before it', async () => {
  const s = setup({ deadlineMs: 10_000 });
  let refused = false;
  const sentMs: number[] = [];
  const factory = s.engine.wires;
  const client = createClient({
    nodes: [urls[0]!],
    time: s.time,
    gather: false,
    wire: (url) => {
      const wire = factory(url);
      return {
        ...wire,
        send: (request, sink) => {
          sentMs.push(s.time.now());
          if (refused) return wire.send(request, sink);
          refused = true;
          sink.onSent();
          s.time.after(1, () =>
            sink.onAnswer({ status: 429, headers: { 'retry-after': '3' }, body: Buffer.from('{}') }),
          );
          return { cancel: () => undefined };
        },
      };
    },
  });
  const write = client.index({ index: 'a', id: '1', document: {} });
  await s.time.run(5000);
  assert.equal((await write).attempts, 2);
  assert.ok(sentMs[1]! - sentMs[0]! >= 3000);
});

test('a create whose first attempt was carried out and never answered returns created, once, and is confirmed by a write', async () => {
  const s = setup();
  let first = true;
  s.engine.behaviours = (_node, request, isProbe) => {
    if (isProbe || !first || !request.path.includes('_create')) return answer(2);
    first = false;
    return { kind: 'reset', applied: true, afterMs: 2 };
  };
  const writing = s.client.create({ index: 'a', id: '1', document: { n: 1 } });
  await s.time.run(3000);
  const result = await writing;
  assert.equal(result.result, 'created');
  assert.deepEqual(s.engine.store.get('1')?.source, { n: 1 });
});

test('an update that was sent and not answered is not repeated, and its outcome is unknown', async () => {
  const s = setup({ deadlineMs: 2000 });
  s.engine.behaviours = (_node, request, isProbe) =>
    !isProbe && request.path.includes('_update') ? { kind: 'reset', applied: true, afterMs: 2 } : answer(2);
  const updating = s.client.update({ index: 'a', id: '1', doc: { n: 1 } }).catch((error: unknown) => error);
  await s.time.run(3000);
  const error = await updating;
  assert.ok(isClientError(error) && error.outcome === 'unknown');
  assert.equal(s.engine.received.filter(({ request }) => request.path.includes('_update')).length, 1);
});

test('an error at the deadline names the attempt that was still without an answer', async () => {
  const s = setup({ deadlineMs: 2000 });
  s.engine.behaviours = (_node, { path }, isProbe) =>
    path.includes('_update') && !isProbe ? { kind: 'hang', applied: false } : answer(2);
  const updating = s.client.update({ index: 'a', id: '1', doc: { n: 1 } }).catch((error: unknown) => error);
  await s.time.run(3000);
  const error = await updating;
  assert.ok(isClientError(error) && error.code === 'deadline-exceeded');
  const reason = 'no answer before the call ended';
  assert.deepEqual(
    error.attempts.map(({ sent, reason, durationMs }) => ({ sent, reason, durationMs: Math.round(durationMs / 100) })),
    [{ sent: true, reason, durationMs: 20 }],
  );
});

test('the fallback answers instead of an error when nothing was carried out', async () => {
  const s = setup({ deadlineMs: 300, fallback: (error) => ({ found: false, from: error.code }) });
  s.engine.behaviours = () => ({ kind: 'refuse' });
  const reading = s.client.get({ index: 'a', id: '1' });
  await s.time.run(1000);
  assert.equal(((await reading) as unknown as { from: string }).from, 'deadline-exceeded');
});

test('a bulk of one caller: failed items are sent again, a conflict with its own repetition is resolved, refusals are returned', async () => {
  const s = setup();
  let resets = 1;
  s.engine.behaviours = (_node, request, isProbe) =>
    !isProbe && request.path.startsWith('/_bulk') && resets-- > 0
      ? { kind: 'reset', applied: true, afterMs: 2 }
      : answer(2);
  let rejections = 2;
  s.engine.itemStatuses = (id) => (id === 'late' && rejections-- > 0 ? 503 : id === 'bad' ? 400 : undefined);
  const running = s.client.bulk({
    operations: [
      { op: 'create', index: 'a', id: 'own', document: { n: 1 } },
      { op: 'index', index: 'a', id: 'late', document: { n: 2 } },
      { op: 'index', index: 'a', id: 'bad', document: { n: 3 } },
      { op: 'delete', index: 'a', id: 'gone' },
    ],
  });
  await s.time.run(5000);
  const { items, failed } = await running;
  assert.equal(failed, 1);
  assert.deepEqual(
    items.map((item) => (item.ok ? item.result : item.error.code)),
    ['created', 'created', 'rejected', 'not_found'],
  );
});

test('a node that was down gets one request at a time until it has answered eight', async () => {
  const s = setup();
  let dead = false;
  let coldLeft = 0;
  let busyUntilMs = 0;
  let together = 0;
  s.engine.behaviours = (node, _request, isProbe) => {
    if (node !== urls[0] || isProbe) return node === urls[0] && dead ? { kind: 'refuse' } : answer(2);
    if (dead) return { kind: 'refuse' };
    const now = s.time.now();
    if (now < busyUntilMs) together++;
    if (coldLeft <= 0) return answer(2);
    coldLeft--;
    busyUntilMs = now + 200;
    return answer(200);
  };
  const f = observed();
  const write = (n: number): Promise<unknown> => s.client.index({ index: 'a', id: `${n}`, document: { n } });
  await load(s, f, 1, 500, write);
  dead = true;
  await load(s, f, 1, 1500, write);
  dead = false;
  coldLeft = 5;
  await load(s, f, 1, 3000, write);
  await s.time.run(5000);
  assert.equal(f.done, 5000);
  assert.ok(coldLeft < 5, 'it was used');
  assert.equal(together, 0, 'the cold node had one request at a time');
});
