// A real OpenSearch with TLS and users behind the gateway: the application has neither the certificate nor the password, and sees the
// answers that it would see with both.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from '@opensearch-project/opensearch';
import { startGateway, type RunningGateway } from '../harness/running.ts';
import { basic, findOpenSearch, startOpenSearch, type SecureEngine } from '../harness/opensearch.ts';
import { calls, type Call } from './calls.ts';
import { comparable, neutral, send } from './compare.ts';

const found = await findOpenSearch();

/** One node has no place for copies. */
function onOneNode(call: Call): Call {
  return { ...call, ...(call.body && { body: call.body.replace('"number_of_replicas":1', '"number_of_replicas":0') }) };
}

describe('OpenSearch with TLS and users', { skip: typeof found === 'string' ? false : found.missing }, () => {
  let engine: SecureEngine;
  let gateway: RunningGateway;

  before(async () => {
    engine = await startOpenSearch(found as string);
    gateway = await startGateway(
      [engine.url],
      [...trusted(), ...user('admin'), '--gather', 'on', '--divide-bulks', '2'],
    );
  });

  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  });

  const trusted = (): string[] => ['--ca', engine.caPath];
  const user = (password: string): string[] => ['--username', engine.username, '--password', password];

  for (const [at, { name, requests }] of calls.entries())
    it(name, async () => {
      const headers = { authorization: basic(engine) };
      for (const [step, make] of requests.entries()) {
        const mine = onOneNode(make(`direct-${at}`));
        const direct = await send(engine.url, { ...mine, headers: { ...mine.headers, ...headers } }, engine.agent);
        const through = await send(gateway.url, onOneNode(make(`gatewy-${at}`)));
        const label = `${name}, request ${step + 1}`;
        assert.equal(through.status, direct.status, `${label}: ${through.body} against ${direct.body}`);
        assert.deepEqual(comparable(through), comparable(direct), label);
      }
    });

  it('the calls of its official client', async () => {
    const ssl = { ca: await import('node:fs/promises').then(({ readFile }) => readFile(engine.caPath, 'utf8')) };
    const direct = new Client({ node: engine.url, ssl, auth: { username: 'admin', password: 'admin' } });
    const through = new Client({ node: gateway.url, maxRetries: 0 });
    try {
      const seen = [await usualCalls(direct, 'direct-client'), await usualCalls(through, 'gatewy-client')];
      const [one, other] = seen.map((all) => JSON.parse(neutral(JSON.stringify(all))) as unknown);
      assert.deepEqual(other, one);
    } finally {
      await Promise.all([direct.close(), through.close()]);
    }
  });

  it('a user of the application comes before that of the gateway, and a wrong password is refused by the engine', async () => {
    const wrong = { authorization: basic({ username: 'admin', password: 'wrong' }) };
    const own = await send(gateway.url, { method: 'GET', path: '/_cluster/health', headers: wrong });
    assert.equal(own.status, 401, own.body);
    await using locked = await startGateway([engine.url], [...trusted(), ...user('wrong')]);
    const refused = await send(locked.url, { method: 'GET', path: '/_cluster/health' });
    assert.equal(refused.status, 401, refused.body);
  });

  it('a certificate of an authority that is not trusted is an error that names it, and nothing was sent', async () => {
    await using blind = await startGateway([engine.url], [...user('admin'), '--deadline-ms', '2000']);
    const search = (): ReturnType<typeof send> => send(blind.url, { method: 'GET', path: '/a/_search' });
    const { status, body } = await search();
    assert.ok(status === 503 || status === 504, body);
    assert.match(body, /"outcome":"none"/);
    // When no node has answered for a while, each request fails at once and says why.
    for (let tries = 0; tries < 40 && !(await search()).body.includes('circuit_open'); tries++);
    const { trouble } = blind.gateway.forwarder.metrics().nodes[0] ?? {};
    assert.match(trouble ?? '', /certificate/);
    assert.match((await search()).body, /understudy_circuit_open.*certificate/);
  });
});

async function usualCalls(client: Client, index: string): Promise<unknown[]> {
  const seen: unknown[] = [];
  const said = (error: unknown): unknown => (error as { body?: unknown }).body ?? assert.fail(String(error));
  await client.indices.create({ index, body: { settings: { number_of_shards: 2, number_of_replicas: 0 } } });
  for (const id of ['1', '2', '3']) seen.push((await client.index({ index, id, body: { n: 1 } })).body);
  seen.push((await client.create({ index, id: '4', body: { n: 4 } })).body);
  seen.push(await client.create({ index, id: '4', body: { n: 4 } }).catch(said));
  seen.push((await client.update({ index, id: '4', body: { doc: { n: 5 } } })).body);
  seen.push((await client.get({ index, id: '4' })).body);
  const operations = ['5', '6', '7', '8'].flatMap((id) => [{ index: { _id: id } }, { n: 5 }]);
  seen.push((await client.bulk({ index, refresh: true, body: operations })).body.items.length);
  await client.indices.refresh({ index });
  seen.push((await client.count({ index })).body);
  const opened = (await client.search({ index, scroll: '1m', size: 4, body: { sort: ['n', '_id'] } })).body;
  const next = await client.scroll({ body: { scroll_id: String(opened._scroll_id), scroll: '1m' } });
  seen.push(opened.hits.hits, next.body.hits.hits);
  const { pit_id: pit } = (await client.createPit({ index: [index], keep_alive: '1m' })).body as { pit_id: string };
  const found = await client.search({ body: { pit: { id: pit, keep_alive: '1m' }, size: 2, sort: ['n', '_id'] } });
  seen.push(found.body.hits.hits, Object.keys((await client.deletePit({ body: { pit_id: [pit] } })).body));
  return seen;
}
