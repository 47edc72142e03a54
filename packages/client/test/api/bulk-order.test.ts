// Items of one document in one bulk take effect in their order, whichever of them fail and are sent again.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createClient } from '@understudy/client';
import { json, StubServer } from '../stub-server.ts';

const done = (_id: string): unknown => ({ index: { _index: 'a', _id, _version: 1, result: 'created', status: 201 } });
const failed = (op: string, _id: string): unknown => ({
  [op]: {
    _index: 'a',
    _id,
    status: 503,
    error: { type: 'process_cluster_event_timeout_exception', reason: 'mapping' },
  },
});

test('an operation that failed is not sent again behind a later one of the same document that was carried out', async () => {
  const rounds = [
    [failed('index', '1'), done('1'), failed('delete', '2'), failed('index', '2')],
    [failed('delete', '2'), done('2')],
  ];
  const server = await new StubServer(({ url }, response) =>
    url.startsWith('/_bulk') ? json(response, 200, { items: rounds.shift() }) : json(response, 404, { error: 'no' }),
  ).listen();
  const client = createClient({ nodes: [server.url], backoff: { baseMs: 1, capMs: 2 } });
  const { items } = await client.bulk({
    operations: [
      { op: 'index', index: 'a', id: '1', document: { n: 'old' } },
      { op: 'index', index: 'a', id: '1', document: { n: 'new' } },
      { op: 'delete', index: 'a', id: '2' },
      { op: 'index', index: 'a', id: '2', document: { n: 'new' } },
    ],
  });
  await client.close();
  await server.close();
  assert.deepEqual(
    items.map(({ ok }) => ok),
    [false, true, false, true],
  );
  const bulks = server.seen.filter(({ url }) => url.startsWith('/_bulk')).map(({ body }) => body.trimEnd().split('\n'));
  assert.equal(bulks.length, 2);
  assert.deepEqual(bulks[1], bulks[0]?.slice(4));
});
