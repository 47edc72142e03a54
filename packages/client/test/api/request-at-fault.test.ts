// Requests that are themselves the fault: those that crash one node after another, that cannot be sent, or whose answer never ends.
import { after, before, beforeEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { createClient, isClientError, type Client, type ClientError, type ClientOptions } from '@understudy/client';
import { json, StubServer } from '../stub-server.ts';

let servers: StubServer[];

before(async () => {
  servers = await Promise.all([1, 2, 3, 4].map(() => new StubServer(() => undefined).listen()));
});
after(() => Promise.all(servers.map((server) => server.close())));
beforeEach(() => {
  for (const server of servers) {
    server.seen.splice(0);
    server.answer = (_seen, response) => response.destroy();
  }
});

const clientFor = (options: Partial<ClientOptions> = {}): Client =>
  createClient({ nodes: servers.map(({ url }) => url), deadlineMs: 5000, ...options });

const failure = (work: Promise<unknown>): Promise<ClientError> =>
  work.then(
    () => assert.fail('it succeeded'),
    (error: unknown) => {
      assert.ok(isClientError(error), String(error));
      return error;
    },
  );

/** Requests of users that arrived, over all nodes. */
const arrived = (): number => servers.reduce((sum, { seen }) => sum + seen.length, 0);
const touched = (): number => servers.filter(({ seen }) => seen.length > 0).length;

const header = (client: Client): Promise<unknown> =>
  client.request({ method: 'GET', path: '/a/_search', query: { q: 'x'.repeat(10_000) } });

for (const [name, run, said] of [
  ['a search', (client: Client) => client.search({ index: 'a' }), /POST \/a\/_search/],
  ['a get', (client: Client) => client.get({ index: 'a', id: '1' }), /GET \/a\/_doc\/1/],
  ['a request with a long line', header, /GET \/a\/_search/],
  ['an index by id', (client: Client) => client.index({ index: 'a', id: '1', document: {} }), /POST \/_bulk/],
  [
    'a bulk',
    async (client: Client) => {
      const { items } = await client.bulk({ operations: [{ op: 'index', index: 'a', id: '1', document: {} }] });
      const [item] = items;
      if (item?.ok === false) throw item.error;
    },
    /POST \/_bulk/,
  ],
] as const) {
  test(`${name} to which every node closes the connection is sent to two nodes, and the error names it`, async () => {
    for (const server of servers)
      server.answer = ({ url, body }, response) =>
        url.includes('_search_shards') && body === '' ? json(response, 404, {}) : response.destroy();
    const client = clientFor();
    const error = await failure(run(client));
    const own = servers.flatMap(({ seen }) => seen).filter(({ url }) => !url.includes('_search_shards'));
    assert.equal(own.length, 2, `${own.length} requests`);
    assert.equal(error.code, 'unavailable');
    assert.match(error.message, said);
    assert.doesNotMatch(error.message, /xxxx/, 'the query is left out');
    assert.match(error.message, /UND_ERR_SOCKET|ECONNRESET/);
    assert.ok(error.cause instanceof Error);
    assert.equal(new Set(error.attempts.map(({ node }) => node)).size, 2);
    await client.close();
  });
}

test('many such requests do not open the circuit for the others', async () => {
  for (const server of servers)
    server.answer = ({ url }, response) =>
      url.includes('/bad/') ? response.destroy() : json(response, 200, { _index: 'a', _id: '1', found: false });
  const client = clientFor({ gather: false });
  for (let n = 0; n < 40; n++) await failure(client.search({ index: 'bad' }));
  assert.equal(client.metrics().breaker, 'closed');
  assert.equal((await client.get({ index: 'a', id: '1' })).found, false);
  await client.close();
});

test('at a single node it is tried five times', async () => {
  const client = clientFor({ nodes: [servers[0]!.url] });
  const error = await failure(client.search({ index: 'a' }));
  assert.match(error.message, /POST \/a\/_search/);
  assert.equal(arrived(), 5);
  await client.close();
});

test('one node that breaks connections fails no request', async () => {
  for (const server of servers.slice(1))
    server.answer = (_seen, response) => json(response, 200, { _index: 'a', _id: '1', found: false });
  const client = clientFor({ gather: false });
  for (let n = 0; n < 40; n++) assert.equal((await client.get({ index: 'a', id: '1' })).found, false);
  await client.close();
});

test('a request that cannot be sent is an invalid request: no node is suspected, nothing is repeated', async () => {
  const client = clientFor();
  const changes: string[] = [];
  client.on('node', ({ to }) => changes.push(to));
  for (const path of ['/a b', '/a\r\nx: y']) {
    const error = await failure(client.request({ method: 'PUT', path }));
    assert.deepEqual([error.code, error.outcome], ['invalid-request', 'none'], path);
  }
  assert.deepEqual([arrived(), changes], [0, []]);
  await client.close();
});

test('an answer without end is aborted at the size limit, once, and leaves the outcome of a write unknown', async () => {
  for (const server of servers)
    server.answer = (_seen, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536))) continue;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
  const client = clientFor({ gather: false, connections: { maxAnswerBytes: 1_000_000 } });
  const read = await failure(client.search({ index: 'a' }));
  assert.deepEqual([read.code, read.outcome, arrived(), touched()], ['bad-response', 'none', 1, 1]);
  const write = await failure(client.index({ index: 'a', id: '1', document: {} }));
  assert.deepEqual([write.code, write.outcome, arrived()], ['bad-response', 'unknown', 2]);
  await client.close();
});
