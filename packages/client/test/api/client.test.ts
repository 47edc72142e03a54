// The client over real sockets against a stub: headers, shapes, refusals, closing.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createClient, isClientError, registerMetrics, type ClientError } from '@understudy/client';
import { json, StubServer } from '../stub-server.ts';

let server: StubServer;

before(async () => {
  server = await new StubServer((_seen, response) => json(response, 200, {})).listen();
});
after(() => server.close());

const failure = (work: Promise<unknown>): Promise<ClientError> =>
  work.then(
    () => assert.fail('it succeeded'),
    (error: unknown) => {
      assert.ok(isClientError(error));
      return error;
    },
  );

test('options that cannot work are refused with a reason', () => {
  assert.throws(() => createClient({ nodes: [] }), { code: 'invalid-request' });
  assert.throws(() => createClient({ nodes: ['search-1:9200'] }), { code: 'invalid-request' });
});

test('credentials are sent in the header and appear nowhere else', async () => {
  const client = createClient({ nodes: [server.url], auth: { username: 'app', password: 'geheim' } });
  server.seen.splice(0);
  await client.request({ method: 'GET', path: '/x', query: { pretty: true } });
  const [seen] = server.seen;
  assert.ok(seen);
  assert.equal(seen.headers.authorization, `Basic ${Buffer.from('app:geheim').toString('base64')}`);
  assert.equal(seen.url, '/x?pretty=true');
  assert.ok(!JSON.stringify(client.metrics()).includes('geheim'));
  await client.close();
});

test('a request that cannot be sent is refused before anything is sent', async () => {
  const client = createClient({ nodes: [server.url] });
  server.seen.splice(0);
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  for (const work of [
    client.index({ index: '', document: {} }),
    client.index({ index: 'a', id: 'x'.repeat(513), document: {} }),
    client.index({ index: 'a', document: cycle }),
    client.index({ index: 'a', document: 'text' }),
    client.index({ index: 'a', id: '1', document: {}, ifSeqNo: 1 }),
    client.update({ index: 'a', id: '1' }),
    client.search({ index: [] }),
  ]) {
    assert.equal((await failure(work)).code, 'invalid-request');
  }
  assert.equal(server.seen.length, 0);
  await client.close();
});

test('an answer that is not JSON is a bad response, not a crash', async () => {
  const html = await new StubServer((_seen, response) => response.end('<html>')).listen();
  const client = createClient({ nodes: [html.url], gather: false });
  assert.equal((await failure(client.search({ index: 'a' }))).code, 'bad-response');
  await client.close();
  await html.close();
});

test('a connection that never opens is not waited for: another node answers', async () => {
  // A port of the discard range that nobody listens on refuses; the second node answers.
  const client = createClient({ nodes: ['http://127.0.0.1:9', server.url] });
  for (let i = 0; i < 5; i++) await client.request({ method: 'GET', path: '/x' });
  assert.ok(client.metrics().nodes.some(({ state }) => state === 'up'));
  await client.close();
});

test('a closed client refuses, and close waits for what is under way', async () => {
  const slow = await new StubServer(
    (_seen, response) => void setTimeout(() => json(response, 200, { ok: true }), 100),
  ).listen();
  const client = createClient({ nodes: [slow.url] });
  const running = client.request<{ ok: boolean }>({ method: 'GET', path: '/x' });
  await client.close();
  assert.equal((await running).body.ok, true);
  assert.equal((await failure(client.get({ index: 'a', id: '1' }))).code, 'closed');
  await slow.close();
});

test('metrics go out through an OpenTelemetry meter, and stop when asked', async () => {
  const client = createClient({ nodes: [server.url] });
  await client.request({ method: 'GET', path: '/x' });
  const callbacks = new Map<string, (result: { observe(value: number): void }) => void>();
  const observable = (name: string) => ({
    addCallback: (callback: (result: { observe(value: number): void }) => void) => void callbacks.set(name, callback),
    removeCallback: () => void callbacks.delete(name),
  });
  const stop = registerMetrics(client, { createObservableCounter: observable, createObservableGauge: observable });
  const values: number[] = [];
  callbacks.get('search.client.operations')?.({ observe: (value) => values.push(value) });
  assert.deepEqual(values, [1]);
  stop();
  assert.equal(callbacks.size, 0);
  await client.close();
});
