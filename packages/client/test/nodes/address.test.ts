// Node URLs with user, password and path prefix: all of it is used, and the password appears nowhere.
import { after, before, beforeEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Client as OpenSearch } from '@opensearch-project/opensearch';
import { createClient, isClientError, type ClientError } from '@understudy/client';
import { elasticsearchOptions } from '../../src/adapters/elasticsearch.ts';
import { opensearchOptions } from '../../src/adapters/opensearch.ts';
import { json, StubServer } from '../stub-server.ts';

let server: StubServer;

before(async () => {
  server = await new StubServer((_seen, response) => json(response, 200, {})).listen();
});
after(() => server.close());
beforeEach(() => server.seen.splice(0));

const at = (userinfo: string, path = ''): string => `${server.url.replace('//', `//${userinfo}@`)}${path}`;
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const failure = (work: Promise<unknown>): Promise<ClientError> =>
  work.then(
    () => assert.fail('it succeeded'),
    (error: unknown) => (isClientError(error) ? error : assert.fail(String(error))),
  );

test('user, password and prefix of a node URL are used, by probes too', async () => {
  for (const [node, authorization, path] of [
    [at('user:p%40ss', '/prefix'), basic('user:p@ss'), '/prefix/x?a=1'],
    [at('user:p%40ss', '/deep/prefix/'), basic('user:p@ss'), '/deep/prefix/x?a=1'],
    [at('us%C3%A9r:%3A%2F', '/'), basic('usér::/'), '/x?a=1'],
    [at('user'), basic('user:'), '/x?a=1'],
    [`${server.url}/prefix`, undefined, '/prefix/x?a=1'],
  ] as const) {
    server.seen.splice(0);
    const client = createClient({ nodes: [new URL(node)] });
    await client.request({ method: 'GET', path: '/x', query: { a: 1 } });
    await client.close();
    const [seen] = server.seen.filter(({ url }) => url.includes('/x'));
    assert.deepEqual([seen?.headers.authorization, seen?.url], [authorization, path]);
    for (const { url, headers } of server.seen)
      assert.ok(url.startsWith(path.slice(0, -6)) && headers.authorization === authorization, url);
  }
});

test('every node has its own user; `auth` and an authorization header win over them', async () => {
  for (const [options, expected] of [
    [{}, basic('u:p')],
    [{ auth: { apiKey: 'k' } }, 'ApiKey k'],
    [{ headers: { Authorization: 'Bearer b' } }, 'Bearer b'],
  ] as const) {
    server.seen.splice(0);
    const client = createClient({ nodes: [at('u:p')], ...options });
    await client.request({ method: 'GET', path: '/x' });
    await client.close();
    assert.equal(server.seen[0]?.headers.authorization, expected);
  }
});

test('the official clients on top of it use them too', async () => {
  const nodes = [at('user:p%40ss', '/prefix')];
  const elasticsearch = new Elasticsearch(elasticsearchOptions({ nodes }));
  await elasticsearch.info();
  const openSearch = new OpenSearch(opensearchOptions({ nodes }));
  await openSearch.info();
  const asked = server.seen.filter(({ url }) => !url.includes('_local') && !url.includes('master_node'));
  assert.deepEqual(
    asked.map(({ url, headers }) => [url, headers.authorization]),
    [
      ['/prefix/', basic('user:p@ss')],
      ['/prefix/', basic('user:p@ss')],
    ],
  );
  for (const client of [elasticsearch, openSearch]) assert.doesNotMatch(inspect(client, { depth: 9 }), /p@ss|p%40ss/);
  await elasticsearch.close();
  await openSearch.close();
});

test('the password appears in no error, event, metric and inspection', async () => {
  server.answer = (_seen, response) => json(response, 503, { error: { type: 'x', reason: 'y' } });
  const shown: unknown[] = [];
  const refusing = 'http://user:s%40cret@127.0.0.1:9/prefix';
  const client = createClient({ nodes: [at('user:s%40cret'), refusing], deadlineMs: 300, sniff: { everyMs: 50 } });
  for (const name of ['node', 'retry', 'hedge', 'breaker', 'shed', 'batch', 'topology'] as const)
    client.on(name, (event) => shown.push(event));
  shown.push(await failure(client.get({ index: 'a', id: '1' })));
  shown.push(await failure(client.index({ index: 'a', id: '1', document: {} })));
  shown.push(client, client.metrics());
  await client.close();
  for (const nodes of [
    ['ftp://user:s%40cret@host:9200'],
    ['http://user:s@cret:s%40cret@ho st'],
    ['http://us%3Aer:s%40cret@host'],
    ['http://user:s%40cret%zz@host'],
    ['http://user:s%40cret@host?x=1'],
    ['user:s%40cret@host:9200'],
    ['http://user:1/s@cret@host:9200'],
  ])
    try {
      createClient({ nodes });
      assert.fail(`${nodes[0]} was taken`);
    } catch (error) {
      assert.ok(isClientError(error) && error.code === 'invalid-request', String(error));
      shown.push(error);
    }
  const text = shown
    .map((one) => `${inspect(one, { depth: 9, showHidden: true })}${String(one)}${JSON.stringify(one)}`)
    .join();
  assert.doesNotMatch(text, /s@cret|s%40cret|dXNlcjpz/);
  assert.match(text, /127\.0\.0\.1:9\/prefix/);
});
