// A cluster with `rest.action.multi.allow_explicit_index: false` refuses requests whose entries name their index.
import { after, before, beforeEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { createClient, isClientError, type Client } from '@understudy/client';
import { json, StubServer, type Seen } from '../stub-server.ts';

let server: StubServer;
let client: Client;

const refusal = (what: string): unknown => ({
  error: { type: 'illegal_argument_exception', reason: `explicit index in ${what} is not allowed` },
  status: 400,
});

/** As the engine reads it: the index is that of the path, and any index in an entry is refused. */
function strict({ url, body }: Seen, response: Parameters<StubServer['answer']>[1]): void {
  const [, index = '', endpoint = ''] = /^(?:\/([^/]+))?\/(_bulk|_mget|_msearch)/.exec(url) ?? [];
  const lines = body.split('\n').filter((line) => line !== '');
  if (endpoint === '_mget') {
    const { docs } = JSON.parse(body) as { docs: { _id: string; _index?: string }[] };
    if (docs.some(({ _index }) => _index !== undefined)) return json(response, 400, refusal('multi get'));
    return json(response, 200, { docs: docs.map(({ _id }) => ({ _index: index, _id, found: false })) });
  }
  if (endpoint === '_msearch') {
    const headers = lines.filter((_, i) => i % 2 === 0).map((line) => JSON.parse(line) as { index?: unknown });
    if (headers.some((header) => header.index !== undefined)) return json(response, 400, refusal('multi search'));
    const hits = { total: { value: 1, relation: 'eq' }, hits: [{ _index: decodeURIComponent(index), _id: 'x' }] };
    return json(response, 200, { responses: headers.map(() => ({ status: 200, hits })) });
  }
  const items = [];
  for (let i = 0; i < lines.length; i++) {
    const [[op, meta] = []] = Object.entries(JSON.parse(lines[i]!) as Record<string, { _id: string; _index?: string }>);
    if (op === undefined || meta === undefined) return json(response, 500, {});
    if (meta._index !== undefined) return json(response, 400, refusal('bulk'));
    if (op !== 'delete') i++;
    const result = op === 'delete' ? 'deleted' : op === 'create' ? 'created' : 'updated';
    items.push({ [op]: { _index: index, _id: meta._id, _version: 1, result, status: 200 } });
  }
  json(response, 200, { items });
}

before(async () => {
  server = await new StubServer(strict).listen();
});
after(() => server.close());
beforeEach(() => {
  server.answer = (seen, response) =>
    /_bulk|_mget|_msearch/.test(seen.url) ? strict(seen, response) : json(response, 404, { error: 'no' });
  server.seen.splice(0);
  client = createClient({ nodes: [server.url], gather: { writes: 'on', gets: 'on', searches: 'on' } });
});

const multi = (): string[] =>
  server.seen.map(({ url }) => url.replace(/\?.*/, '')).filter((url) => /_bulk|_mget|_msearch/.test(url));

test('gathered writes of two indexes arrive, each index in a path of its own, and later ones without a refused request', async () => {
  const write = (n: number): Promise<unknown> =>
    client.index({ index: n % 2 ? 'a' : 'b', id: `${n}`, document: { n } });
  await Promise.all([1, 2, 3, 4].map(write));
  assert.deepEqual(multi().sort(), ['/_bulk', '/a/_bulk', '/b/_bulk']);
  server.seen.splice(0);
  const results = await Promise.all([
    client.index({ index: 'a', id: '5', document: {} }),
    client.create({ index: 'b', id: '6', document: {} }),
    client.delete({ index: 'a', id: '7' }),
  ]);
  assert.deepEqual(
    results.map(({ index, result }) => [index, result]),
    [
      ['a', 'updated'],
      ['b', 'created'],
      ['a', 'deleted'],
    ],
  );
  assert.deepEqual(multi().sort(), ['/a/_bulk', '/b/_bulk']);
  await client.close();
});

test('gathered gets and searches arrive too', async () => {
  const gets = await Promise.all(['a', 'b'].map((index) => client.get({ index, id: '1' })));
  assert.deepEqual(
    gets.map(({ index, found }) => [index, found]),
    [
      ['a', false],
      ['b', false],
    ],
  );
  const searches = await Promise.all([['a', 'b'], 'a'].map((index) => client.search({ index })));
  assert.deepEqual(
    searches.map(({ hits }) => hits[0]?.index),
    ['a,b', 'a'],
  );
  await client.close();
});

test('a bulk of the caller detects the refusal when it is sent first, and keeps the order of its items', async () => {
  const { items, failed } = await client.bulk({
    operations: ['a', 'b', 'a'].map((index, n) => ({ op: 'index', index, id: `${n}`, document: { n } })),
  });
  assert.equal(failed, 0);
  assert.deepEqual(
    items.map((item) => item.ok && `${item.index}${item.id}`),
    ['a0', 'b1', 'a2'],
  );
  assert.deepEqual(multi(), ['/_bulk', '/a/_bulk', '/b/_bulk']);
  await client.close();
});

test('a refusal that remains with the index in the path ends with the invalid entry alone, and changes nothing for later requests', async () => {
  server.answer = (seen, response) =>
    seen.body.includes('invalid')
      ? json(response, 400, {
          error: { type: 'illegal_argument_exception', reason: 'for another reason' },
          status: 400,
        })
      : strict({ ...seen, body: seen.body.replaceAll('"_index":"a",', ''), url: '/a/_bulk' }, response);
  const ends = await Promise.all(
    ['1', 'invalid', '3'].map((id) =>
      client.index({ index: 'a', id, document: {} }).then(
        ({ result }) => result,
        (error: unknown) => (isClientError(error) ? error.code : 'other'),
      ),
    ),
  );
  assert.deepEqual(ends, ['updated', 'rejected', 'updated']);
  server.seen.splice(0);
  await client.index({ index: 'a', id: '4', document: {} });
  assert.deepEqual(multi(), ['/_bulk']);
  await client.close();
});
