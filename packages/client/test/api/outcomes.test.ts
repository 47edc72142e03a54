// Which outcome a failed write reports: `none` only with proof that it was not applied, whatever the answer looks like.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { createClient, isClientError, type Client, type ClientError } from '@understudy/client';
import { json, StubServer } from '../stub-server.ts';

let server: StubServer;
let alone: Client;
let gathered: Client;

before(async () => {
  server = await new StubServer(() => undefined).listen();
  const common = { nodes: [server.url], deadlineMs: 2000, maxAttempts: 3, backoff: { baseMs: 1, capMs: 2 } };
  alone = createClient({ ...common, gather: false });
  gathered = createClient({ ...common, gather: { writes: 'on', gets: 'on', searches: 'on' } });
});
after(async () => {
  await alone.close();
  await gathered.close();
  await server.close();
});

const failure = (work: Promise<unknown>): Promise<ClientError> =>
  work.then(
    (value) => assert.fail(`it succeeded with ${JSON.stringify(value)}`),
    (error: unknown) => {
      assert.ok(isClientError(error));
      return error;
    },
  );

const operations = [
  { op: 'index', index: 'a', id: '1', document: {} },
  { op: 'create', index: 'a', id: '1', document: {} },
  { op: 'update', index: 'a', id: '1', doc: {} },
  { op: 'delete', index: 'a', id: '1' },
] as const;

/** Every way of writing one document; each gives the error of that document. */
const ways: readonly (readonly [string, () => Promise<ClientError>])[] = [
  ['index', () => failure(alone.index({ index: 'a', id: '1', document: {} }))],
  ['index without an id', () => failure(alone.index({ index: 'a', document: {} }))],
  ['create', () => failure(alone.create({ index: 'a', id: '1', document: {} }))],
  ['update', () => failure(alone.update({ index: 'a', id: '1', doc: {} }))],
  ['scripted update', () => failure(alone.update({ index: 'a', id: '1', script: { source: 'x' } }))],
  ['delete', () => failure(alone.delete({ index: 'a', id: '1' }))],
  ['gathered index', () => failure(gathered.index({ index: 'a', id: '1', document: {} }))],
  ['gathered create', () => failure(gathered.create({ index: 'a', id: '1', document: {} }))],
  ['gathered delete', () => failure(gathered.delete({ index: 'a', id: '1' }))],
  ...operations.map(
    (operation) =>
      [
        `bulk of one ${operation.op}`,
        () =>
          failure(
            alone.bulk({ operations: [operation] }).then(({ items }) => {
              const [item] = items;
              if (item?.ok === false) throw item.error;
              return item;
            }),
          ),
      ] as const,
  ),
];

type Body = (response: ServerResponse) => void;
const asJson = { 'content-type': 'application/json' };
const bodies: readonly (readonly [string, Body])[] = [
  ['HTML', (response) => response.end('<html>')],
  ['nothing', (response) => response.writeHead(200, asJson).end()],
  ['JSON cut off', (response) => response.writeHead(200, asJson).end('{"_id":"1","result":"crea')],
  ['null', (response) => json(response, 200, null)],
  ['a number', (response) => json(response, 200, 17)],
  ['an array', (response) => json(response, 200, [])],
  ['an object without an acknowledgement', (response) => json(response, 200, {})],
  ['an error in place of a result', (response) => json(response, 200, { error: { type: 'x', reason: 'y' } })],
  [
    'the acknowledgement of another document',
    (response) =>
      json(response, 200, {
        _index: 'a',
        _id: 'other',
        _version: 1,
        result: 'updated',
        items: operations
          .map(({ op }) => ({ [op]: { _index: 'a', _id: 'other', _version: 1, result: 'updated', status: 200 } }))
          .slice(0, 1),
      }),
  ],
  ['no items', (response) => json(response, 200, { errors: false, items: [] })],
  ['items that are no array', (response) => json(response, 200, { items: { length: 1 } })],
  ['an item that is null', (response) => json(response, 200, { items: [null] })],
];

for (const [name, answer] of bodies) {
  test(`a 200 with ${name} leaves every write unknown`, async () => {
    server.answer = (_seen, response) => answer(response);
    for (const [way, run] of ways) {
      const { code, outcome, status } = await run();
      assert.deepEqual({ way, code, outcome, status }, { way, code: 'bad-response', outcome: 'unknown', status: 200 });
    }
  });
}

test('items of a bulk that are too many, too few or out of order acknowledge only the writes they name', async () => {
  const item = (id: string): unknown => ({
    index: { _index: 'a', _id: id, _version: 1, result: 'created', status: 201 },
  });
  const ids = ['1', '2'];
  const both = { operations: ids.map((id) => ({ op: 'index' as const, index: 'a', id, document: {} })) };
  const outcomes = async (items: readonly unknown[]): Promise<string[]> => {
    server.answer = (_seen, response) => json(response, 200, { items });
    const result = await alone.bulk(both);
    const singles = await Promise.allSettled(ids.map((id) => gathered.index({ index: 'a', id, document: {} })));
    const inBulk = result.items.map((one) => (one.ok ? 'ok' : one.error.outcome));
    const together = singles.map((one) => (one.status === 'fulfilled' ? 'ok' : (one.reason as ClientError).outcome));
    assert.deepEqual(inBulk, together);
    return inBulk;
  };
  assert.deepEqual(await outcomes([item('1'), item('2')]), ['ok', 'ok']);
  assert.deepEqual(await outcomes([item('1')]), ['unknown', 'unknown']);
  assert.deepEqual(await outcomes([item('1'), item('2'), item('2')]), ['unknown', 'unknown']);
  assert.deepEqual(await outcomes([item('2'), item('1')]), ['unknown', 'unknown']);
  assert.deepEqual(await outcomes([item('1'), item('1')]), ['ok', 'unknown']);
  const refused = { index: { _id: '2', status: 400, error: { type: 'x', reason: 'y' } } };
  assert.deepEqual(await outcomes([refused, item('2')]), ['unknown', 'ok'], 'the refusal names another document');
});

test('a 200 that is no answer to a read is a bad response, never "not found" or "nothing matches"', async () => {
  for (const body of [
    {},
    [],
    null,
    1,
    { hits: {} },
    { hits: { hits: 1 } },
    { hits: { hits: [1] } },
    { _id: 'other', found: false },
    { docs: [{}], responses: [{}] },
  ]) {
    server.answer = (_seen, response) => json(response, 200, body);
    for (const client of [alone, gathered]) {
      assert.equal((await failure(client.get({ index: 'a', id: '1' }))).code, 'bad-response', JSON.stringify(body));
      assert.equal((await failure(client.search({ index: 'a' }))).code, 'bad-response', JSON.stringify(body));
    }
  }
});

test('a page of another server with status 404 is not taken for an answer of the engine', async () => {
  server.answer = (_seen, response) =>
    response.writeHead(404, { 'content-type': 'text/html' }).end('<html>no such page');
  for (const { code, status, outcome } of await Promise.all(
    [alone.get({ index: 'a', id: '1' }), alone.search({ index: 'a' }), alone.delete({ index: 'a', id: '1' })].map(
      failure,
    ),
  )) {
    assert.deepEqual({ code, status, outcome }, { code: 'bad-response', status: 404, outcome: 'none' });
  }
});

for (const [name, text] of [
  ['no body', ''],
  ['a page', '<html>413'],
  ['a body cut off', '{"error":{"type":"content_too_l'],
  ['an error of the engine', '{"error":{"type":"x","reason":"y"},"status":413}'],
] as const) {
  test(`413 with ${name} is too-large, for every operation`, async () => {
    server.answer = (_seen, response) => response.writeHead(413, asJson).end(text);
    for (const [way, run] of ways) {
      const { code, status, outcome } = await run();
      assert.deepEqual({ way, code, status, outcome }, { way, code: 'too-large', status: 413, outcome: 'none' });
    }
    for (const client of [alone, gathered])
      for (const { code, status } of await Promise.all(
        [
          client.get({ index: 'a', id: '1' }),
          client.search({ index: 'a' }),
          client.request({ method: 'POST', path: '/a/_doc', body: {} }),
        ].map(failure),
      )) {
        assert.deepEqual({ code, status }, { code: 'too-large', status: 413 });
      }
  });
}

test('other refusals keep their status without a body too', async () => {
  for (const [status, code] of [
    [400, 'rejected'],
    [401, 'rejected'],
    [403, 'rejected'],
    [415, 'rejected'],
  ] as const) {
    server.answer = (_seen, response) => response.writeHead(status).end();
    for (const [way, run] of ways) {
      const error = await run();
      assert.deepEqual(
        { way, code: error.code, status: error.status, outcome: error.outcome },
        { way, code, status, outcome: 'none' },
      );
    }
  }
});

test('a redirection, a 408 and an unknown 4xx do not prove that a write was not applied', async () => {
  for (const status of [302, 303, 307, 408, 499]) {
    server.answer = (_seen, response) => response.writeHead(status, { location: '/' }).end('<html>');
    for (const [way, run] of ways)
      assert.deepEqual({ way, status, outcome: (await run()).outcome }, { way, status, outcome: 'unknown' });
  }
});

test('a raw write whose JSON is cut off is unknown, a raw read is not', async () => {
  server.answer = (_seen, response) => response.writeHead(200, asJson).end('{"acknowledged":tr');
  assert.equal((await failure(alone.request({ method: 'PUT', path: '/a', body: {} }))).outcome, 'unknown');
  assert.equal((await failure(alone.request({ method: 'GET', path: '/a' }))).outcome, 'none');
});

/** 503 of an engine that may have sent the write to a shard before, and tried it again until the time was up. */
const noProof = [
  'unavailable_shards_exception',
  'cluster_block_exception',
  'no_shard_available_action_exception',
  'node_closed_exception',
  'process_cluster_event_timeout_exception',
];
/** Raised before a shard sees the write. */
const proof = [
  'es_rejected_execution_exception',
  'rejected_execution_exception',
  'circuit_breaking_exception',
  'master_not_discovered_exception',
  'cluster_manager_not_discovered_exception',
];

for (const type of noProof) {
  test(`503 ${type}: no write is reported as not applied, and no update is repeated`, async () => {
    const error = { type, reason: 'by plan' };
    for (const [way, run] of ways) {
      server.answer = ({ url, body }, response) => {
        if (!url.startsWith('/_bulk')) return json(response, 503, { error, status: 503 });
        const op = /^\{"(\w+)"/.exec(body)?.[1] ?? '';
        json(response, 200, { items: [{ [op]: { _index: 'a', _id: '1', status: 503, error } }] });
      };
      server.seen.splice(0);
      const { outcome } = await run();
      assert.deepEqual({ way, outcome }, { way, outcome: 'unknown' });
      if (way.includes('update')) assert.equal(server.seen.length, 1, `${way} was repeated`);
      else assert.ok(server.seen.length > 1, `${way} was not repeated`);
    }
  });
}

for (const type of proof) {
  test(`503 ${type} proves that nothing was applied: an update is repeated`, async () => {
    let calls = 0;
    server.answer = (_seen, response) =>
      ++calls === 1
        ? json(response, 503, { error: { type, reason: 'by plan' }, status: 503 })
        : json(response, 200, { _index: 'a', _id: '1', _version: 2, result: 'updated' });
    const { attempts } = await alone.update({ index: 'a', id: '1', doc: {} });
    assert.equal(attempts, 2);
  });
}

test('a bulk of several lines that is refused with 400 may have been carried out in part: newer engines read it as it comes', async () => {
  server.answer = (_seen, response) =>
    json(response, 400, { error: { type: 'x_content_parse_exception', reason: 'y' }, status: 400 });
  const { items } = await alone.bulk({ operations });
  assert.deepEqual(
    items.map((item) => !item.ok && item.error.outcome),
    ['unknown', 'unknown', 'unknown', 'unknown'],
  );
});

test('a total that was not counted is not reported as zero', async () => {
  const hits = [{ _index: 'a', _id: '1', _score: 1, _source: {} }];
  server.answer = (_seen, response) => json(response, 200, { took: 1, timed_out: false, hits: { max_score: 1, hits } });
  const { total } = await alone.search({ index: 'a', body: { track_total_hits: false } });
  assert.deepEqual(total, { value: 1, relation: 'gte' });
});

test('an id that is not valid Unicode is refused before it is sent', async () => {
  const works = [
    alone.index({ index: 'a', id: '\ud800', document: {} }),
    alone.get({ index: 'a', id: '\ud800' }),
    alone.search({ index: '\ud800' }),
    alone.search({ index: 'a', routing: '\ud800' }),
  ];
  for (const { code } of await Promise.all(works.map(failure))) assert.equal(code, 'invalid-request');
});
