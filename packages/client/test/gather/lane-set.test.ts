// Group commit on a simulated cluster: which operations share a request, and which are affected by a stalled, invalid or refused one.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createClient, isClientError, type Client, type ClientOptions } from '@understudy/client';
import { floorMod, routingHash } from '../../src/gather/murmur3.ts';
import { SimEngine, type Behaviour } from '../simulation/sim-engine.ts';
import { SimTime } from '../simulation/sim-time.ts';

const answer = (afterMs: number): Behaviour => ({ kind: 'answer', afterMs });

function setup(options: Partial<ClientOptions> = {}, shards = 1): { time: SimTime; engine: SimEngine; client: Client } {
  const time = new SimTime(11);
  const engine = new SimEngine(time, shards);
  const nodes = ['http://n0:9200', 'http://n1:9200', 'http://n2:9200'];
  const client = createClient({ nodes, time, wire: engine.wires, gather: { writes: 'on' }, ...options });
  return { time, engine, client };
}

const bulks = (engine: SimEngine): string[] =>
  engine.received.filter(({ request }) => request.path.startsWith('/_bulk')).map(({ request }) => String(request.body));
const idsIn = (body: string): string[] => [...body.matchAll(/"_id":"([^"]+)"/g)].map((match) => match[1]!);

test('a single write is sent at once; those that arrive while it is in flight are sent together when it is answered', async () => {
  const { time, engine, client } = setup({ gather: { writes: 'on', inFlight: 1 } });
  engine.behaviours = () => answer(10);
  const all = [client.index({ index: 'a', id: '0', document: {} })];
  await time.run(1);
  assert.equal(bulks(engine).length, 1, 'no wait when idle');
  for (let n = 1; n <= 20; n++) all.push(client.index({ index: 'a', id: `${n}`, document: {} }));
  await time.run(50);
  assert.equal((await Promise.all(all)).length, 21);
  assert.deepEqual(
    bulks(engine).map((body) => idsIn(body).length),
    [1, 20],
  );
});

test('an invalid document fails alone, with the error that it would have in a request of its own', async () => {
  const { time, engine, client } = setup();
  engine.itemStatuses = (id) => (id === 'invalid' ? 400 : undefined);
  const writes = ['1', 'invalid', '2'].map((id) =>
    client.index({ index: 'a', id, document: {} }).catch((error: unknown) => error),
  );
  await time.run(100);
  const [first, invalid, second] = await Promise.all(writes);
  assert.ok(!isClientError(first) && !isClientError(second));
  assert.ok(isClientError(invalid) && invalid.code === 'rejected' && invalid.outcome === 'none');
});

test('a request refused as a whole is halved until only the invalid entry fails', async () => {
  const { time, engine, client } = setup();
  engine.behaviours = (_node, request) =>
    String(request.body).includes('"too-long"') ? { kind: 'status', status: 413, afterMs: 1 } : answer(1);
  const writes = Array.from({ length: 16 }, (_, n) =>
    client.index({ index: 'a', id: n === 5 ? 'too-long' : `${n}`, document: {} }).then(
      () => 'done',
      (error: unknown) => (isClientError(error) ? error.code : 'other'),
    ),
  );
  await time.run(500);
  assert.deepEqual(
    (await Promise.all(writes)).filter((end) => end !== 'done'),
    ['too-large'],
  );
});

test('only the failed items are sent again', async () => {
  const { time, engine, client } = setup();
  let rejections = 1;
  engine.itemStatuses = (id) => (id === '3' && rejections-- > 0 ? 429 : undefined);
  const writes = ['1', '2', '3', '4'].map((id) => client.index({ index: 'a', id, document: {} }));
  await time.run(1000);
  const results = await Promise.all(writes);
  assert.deepEqual(bulks(engine).map(idsIn), [['1', '2', '3', '4'], ['3']]);
  assert.deepEqual(
    results.map(({ attempts }) => attempts),
    [1, 1, 2, 1],
  );
});

test('a document larger than a batch is sent alone', async () => {
  const { time, engine, client } = setup({ gather: { writes: 'on', maxBytes: 1000 } });
  const writes = [
    client.index({ index: 'a', id: 'big', document: { text: 'x'.repeat(2000) } }),
    client.index({ index: 'a', id: 'small', document: {} }),
  ];
  await time.run(100);
  await Promise.all(writes);
  assert.deepEqual(bulks(engine).map(idsIn), [['small']]);
});

test('a full queue rejects at once and gives the time to try again', async () => {
  const { time, engine, client } = setup({ gather: { writes: 'on', maxQueue: 10 }, deadlineMs: 500 });
  engine.behaviours = (_node, _request, isProbe) => (isProbe ? answer(1) : { kind: 'hang', applied: false });
  const ends = Array.from({ length: 40 }, (_, n) =>
    client.index({ index: 'a', id: `${n}`, document: {} }).catch((error: unknown) => error),
  );
  await time.run(1);
  await time.run(3000);
  const errors = (await Promise.all(ends)).filter(isClientError);
  assert.ok(errors.some(({ code, retryAfterMs }) => code === 'overloaded' && (retryAfterMs ?? 0) > 0));
});

test('a stalled shard delays only its own writes: lanes divide, its entries are sent again, and all share one lane afterwards', async () => {
  const { time, engine, client } = setup({}, 3);
  const events: boolean[] = [];
  client.on('lanes', ({ divided }) => events.push(divided));
  const shardOf = (id: string): number => floorMod(routingHash(id), 3);
  let stalled = false;
  engine.behaviours = (_node, request, isProbe) => {
    const holdsStalled =
      String(request.body ?? '').includes('_id') && idsIn(String(request.body)).some((id) => shardOf(id) === 1);
    return !isProbe && stalled && holdsStalled ? { kind: 'hang', applied: false } : answer(5);
  };
  const slowest = [0, 0, 0];
  const running: Promise<void>[] = [];
  const write = (n: number): void => {
    const id = `k${n}`;
    const startedMs = time.now();
    const shard = shardOf(id);
    running.push(
      client.index({ index: 'a', id, document: { n } }).then(() => {
        slowest[shard] = Math.max(slowest[shard]!, time.now() - startedMs);
      }),
    );
  };
  for (let n = 0; n < 400; n++, await time.run(5)) write(n);
  stalled = true;
  for (let n = 400; n < 1000; n++, await time.run(5)) write(n);
  stalled = false;
  await time.run(30_000);
  await Promise.all(running);
  assert.ok(slowest[0]! < 700 && slowest[2]! < 700, `healthy shards waited ${slowest[0]} and ${slowest[2]} ms`);
  assert.ok(slowest[1]! > 2000, 'the stalled shard waited');
  assert.deepEqual(events, [true, false]);
});

test('a shard that answers again is used at once, though the stalled requests are never answered', async () => {
  const { time, engine, client } = setup({}, 3);
  const shardOf = (id: string): number => floorMod(routingHash(id), 3);
  let stalled = false;
  engine.behaviours = (_node, request, isProbe) => {
    const ids = request.path.startsWith('/_bulk') ? idsIn(String(request.body)) : [];
    return !isProbe && stalled && ids.some((id) => shardOf(id) === 1) ? { kind: 'hang', applied: false } : answer(5);
  };
  const ends: { readonly shard: number; readonly startedMs: number; readonly endedMs: number }[] = [];
  const running: Promise<void>[] = [];
  const write = (n: number): void => {
    const [id, startedMs] = [`k${n}`, time.now()];
    const done = client.index({ index: 'a', id, document: { n } });
    running.push(done.then(() => void ends.push({ shard: shardOf(id), startedMs, endedMs: time.now() })));
  };
  for (let n = 0; n < 400; n++, await time.run(5)) write(n);
  const stalledMs = time.now();
  stalled = true;
  for (let n = 400; n < 1200; n++, await time.run(5)) write(n);
  const againMs = time.now();
  stalled = false;
  for (let n = 1200; n < 1600; n++, await time.run(5)) write(n);
  await time.run(30_000);
  await Promise.all(running);
  assert.equal(ends.length, 1600);
  const delayed = ends
    .filter(({ shard, endedMs }) => shard === 1 && endedMs > stalledMs + 50)
    .map((end) => end.endedMs);
  const firstMs = Math.min(...delayed) - againMs;
  assert.ok(firstMs > 0 && firstMs < 600, `the shard was used again after ${firstMs} ms`);
  const lastMs = Math.max(...ends.filter(({ startedMs }) => startedMs < againMs).map((end) => end.endedMs)) - againMs;
  assert.ok(lastMs < 1200, `the stalled writes were answered after ${lastMs} ms`);
  const extra = engine.received.filter(({ request }) => request.path.startsWith('/_bulk')).length;
  assert.ok(client.metrics().counters.retries === 0 && extra < 1600, `${extra} requests`);
});

test('gets of a gathered kind each have their own answer', async () => {
  const { time, engine, client } = setup({ gather: { gets: 'on' } });
  engine.store.set('1', { source: { n: 1 }, version: 1, seqNo: 0 });
  const reads = ['1', '2'].map((id) => client.get({ index: 'a', id }));
  await time.run(100);
  const [found, missing] = await Promise.all(reads);
  assert.ok(found?.found && !missing?.found);
  assert.equal(engine.received.filter(({ request }) => request.path === '/_mget').length, 1);
});
