// Bulks: answered unchanged when nothing can be repaired; otherwise only the items that failed and are safe are sent again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway } from './harness/running.ts';
import { sendJson, Stub } from './harness/stub.ts';

const quick = { maxAttempts: 4, backoff: { baseMs: 1, capMs: 2 } };
const lines = (...values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const post = (url: string, body: string, path = '/a/_bulk'): Promise<Response> =>
  fetch(url + path, { method: 'POST', body, headers: { 'content-type': 'application/x-ndjson' } });

const full = { type: 'es_rejected_execution_exception', reason: 'full' };
const done = (op: string, id: string): object => ({
  [op]: { _index: 'a', _id: id, _version: 1, result: 'created', status: 201 },
});
const failed = (op: string, id: string, status: number, error: object = full): object => ({
  [op]: { _index: 'a', _id: id, status, error },
});
const text = (stub: Stub, at: number): string => stub.seen[at]?.body.toString() ?? '';

test('a bulk without errors is answered byte for byte', async () => {
  const body = ' {"took":3, "errors":false,"items":[{"index":{"_id":"1","_version":9007199254740993,"status":201}}]}';
  await using stub = await Stub.start((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(body);
  });
  await using gateway = await startGateway([stub.url]);
  const answer = await post(gateway.url, lines({ index: { _id: '1' } }, { n: 1 }));
  assert.deepEqual([answer.status, await answer.text()], [200, body]);
});

test('only failed items that are safe are sent again, and answers stay in the order of the items', async () => {
  const rounds = [
    {
      took: 2,
      errors: true,
      items: [done('index', '1'), failed('index', '2', 429), failed('index', 'made', 429), failed('update', '4', 503)],
    },
    { took: 2, errors: true, items: [failed('index', '2', 503)] },
    { took: 2, errors: false, items: [done('index', '2')] },
  ];
  await using stub = await Stub.start((_, response) => sendJson(response, 200, rounds[stub.seen.length - 1]));
  await using gateway = await startGateway([stub.url], [], quick);
  const all = lines(
    ...[{ index: { _id: '1' } }, { n: 1 }, { index: { _id: '2' } }, { n: 2 }],
    ...[{ index: {} }, { n: 3 }, { update: { _id: '4' } }, { doc: { n: 4 } }],
  );
  const answer = await post(gateway.url, all);
  const { errors, items } = (await answer.json()) as { errors: boolean; items: unknown };
  assert.deepEqual(items, [
    done('index', '1'),
    done('index', '2'),
    failed('index', 'made', 429),
    failed('update', '4', 503),
  ]);
  assert.equal(errors, true);
  const second = lines({ index: { _id: '2' } }, { n: 2 });
  assert.deepEqual([text(stub, 0), text(stub, 1), text(stub, 2), stub.seen.length], [all, second, second, 3]);
});

test('an item that failed is not sent again behind a later one of the same document that was carried out', async () => {
  const timedOut = { type: 'process_cluster_event_timeout_exception', reason: 'mapping' };
  const rounds = [
    {
      took: 2,
      errors: true,
      items: [
        ...[failed('index', '1', 503, timedOut), done('index', '1')],
        ...[failed('delete', '2', 503, timedOut), failed('index', '2', 503, timedOut)],
      ],
    },
    { took: 2, errors: true, items: [failed('delete', '2', 503, timedOut), done('index', '2')] },
  ];
  await using stub = await Stub.start((_, response) => sendJson(response, 200, rounds[stub.seen.length - 1]));
  await using gateway = await startGateway([stub.url], [], quick);
  const both = lines({ delete: { _id: '2' } }, { index: { _id: '2' } }, { n: 'new' });
  const answer = await post(
    gateway.url,
    lines({ index: { _id: '1' } }, { n: 'old' }, { index: { _id: '1' } }, { n: 'new' }) + both,
  );
  const { items } = (await answer.json()) as { items: unknown };
  assert.deepEqual(items, [
    ...[failed('index', '1', 503, timedOut), done('index', '1')],
    ...[failed('delete', '2', 503, timedOut), done('index', '2')],
  ]);
  assert.deepEqual([text(stub, 1), stub.seen.length], [both, 2]);
});

test('items are not sent again when the application has gone', { timeout: 10_000 }, async () => {
  await using stub = await Stub.start((_, response) =>
    sendJson(response, 200, { took: 2, errors: true, items: [failed('index', '1', 429)] }),
  );
  const backoff = { baseMs: 300, capMs: 300, jitter: false };
  await using gateway = await startGateway([stub.url], ['--log-every', '1'], { backoff });
  const gone = new AbortController();
  const body = lines({ index: { _id: '1' } }, { n: 1 });
  const headers = { 'content-type': 'application/x-ndjson' };
  const sent = fetch(`${gateway.url}/a/_bulk`, { method: 'POST', body, headers, signal: gone.signal });
  while (stub.seen.length === 0) await sleep(5);
  await sleep(50);
  gone.abort();
  await assert.rejects(sent);
  while (gateway.log.length === 0) await sleep(5);
  assert.equal(stub.seen.length, 1);
});

test('a conflict that may be with its own earlier attempt is not answered as one', async () => {
  const conflict = { type: 'version_conflict_engine_exception', reason: 'another version' };
  await using stub = await Stub.start((seen, response) => {
    if (stub.seen.length === 1) return void response.socket?.destroy();
    if (seen.method === 'GET') return sendJson(response, 404, { _index: 'a', _id: '3', found: false });
    sendJson(response, 200, {
      took: 1,
      errors: true,
      items: [
        ...[done('index', '1'), failed('update', '2', 409, conflict), failed('create', '3', 409, conflict)],
        failed('index', '4', 409, conflict),
      ],
    });
  });
  await using gateway = await startGateway([stub.url], [], quick);
  const answer = await post(
    gateway.url,
    lines(
      ...[{ index: { _id: '1' } }, { n: 1 }, { update: { _id: '2', if_seq_no: 1, if_primary_term: 1 } }, { doc: {} }],
      ...[{ create: { _id: '3' } }, { n: 1 }, { index: { _id: '4', version: 7, version_type: 'external' } }, { n: 1 }],
    ),
  );
  const { items } = (await answer.json()) as { items: Record<string, { status: number; error?: { type: string } }>[] };
  assert.deepEqual(
    items.flatMap((item) => Object.values(item)).map(({ status, error }) => [status, error?.type]),
    [
      [201, undefined],
      ...[2, 3].map(() => [500, 'understudy_outcome_unknown']),
      // Its version is the application's own: that one, or a later one, is there.
      [409, conflict.type],
    ],
  );
});

test('when every item is repaired there are no errors left', async () => {
  const rounds = [
    { took: 2, errors: true, ingest_took: 4, items: [failed('index', '1', 429)] },
    { took: 2, errors: false, items: [done('index', '1')] },
  ];
  await using stub = await Stub.start((_, response) => sendJson(response, 200, rounds[stub.seen.length - 1]));
  await using gateway = await startGateway([stub.url], [], quick);
  const answer = await post(gateway.url, lines({ index: { _id: '1' } }, { n: 1 }));
  const { took, ...rest } = (await answer.json()) as { took: number };
  assert.deepEqual(rest, { errors: false, ingest_took: 4, items: [done('index', '1')] });
  assert.ok(Number.isInteger(took));
});

test('final failures are not repeated, and are answered byte for byte', async () => {
  const body = {
    errors: true,
    took: 1,
    items: [failed('index', '1', 400, { type: 'document_parsing_exception', reason: 'x' })],
  };
  await using stub = await Stub.start((_, response) => sendJson(response, 200, body));
  await using gateway = await startGateway([stub.url], [], quick);
  assert.equal(await (await post(gateway.url, lines({ index: { _id: '1' } }, { n: 1 }))).text(), JSON.stringify(body));
  assert.equal(stub.seen.length, 1);
});

for (const [name, body, isRepeated] of [
  ['with ids alone', lines({ index: { _id: '1' } }, { n: 1 }, { delete: { _id: '2' } }), true],
  ['with an item without an id', lines({ index: { _id: '1' } }, { n: 1 }, { index: {} }, { n: 1 }), false],
  ['with an update', lines({ update: { _id: '1' } }, { doc: {} }), false],
  ['that cannot be read', '{"index":{"_id":"1"}}\n{"n":1}', false],
] as const)
  test(`a bulk ${name} whose connection breaks is ${isRepeated ? 'repeated' : 'not repeated'}`, async () => {
    await using stub = await Stub.start((_, response) => {
      if (stub.seen.length === 1) response.socket?.destroy();
      else sendJson(response, 200, { errors: false, items: [] });
    });
    await using gateway = await startGateway([stub.url], [], quick);
    const { status } = await post(gateway.url, body);
    assert.deepEqual([status, stub.seen.length], isRepeated ? [200, 2] : [500, 1]);
  });
