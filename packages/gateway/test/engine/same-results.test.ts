// The official client through the gateway and without it, against a real cluster of three nodes: the same answers to a list of calls.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client, errors } from '@elastic/elasticsearch';
import { startGateway, type RunningGateway } from '../harness/running.ts';
import { findEngine, startEngines, type TestEngine } from '../../../service/test/harness/engine.ts';
import { calls } from './calls.ts';
import { comparable, neutral, send } from './compare.ts';

const found = await findEngine();

describe('the same answers', { skip: 'missing' in found ? found.missing : false }, () => {
  let engine: TestEngine;
  let gateway: RunningGateway;

  before(async () => {
    if ('missing' in found) return;
    engine = await startEngines(found, 3);
    gateway = await startGateway(engine.urls, ['--gather', 'on']);
  });

  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await engine.stop();
  });

  for (const [at, { name, requests }] of calls.entries())
    it(name, async () => {
      for (const [step, make] of requests.entries()) {
        const [direct, through] = [
          await send(engine.url, make(`direct-${at}`)),
          await send(gateway.url, make(`gatewy-${at}`)),
        ];
        const label = `${name}, request ${step + 1}`;
        assert.equal(through.status, direct.status, `${label}: ${through.body} against ${direct.body}`);
        assert.deepEqual(comparable(through), comparable(direct), label);
      }
    });

  it('the calls of the official client', async () => {
    const direct = await withClient(engine.url, (client) => usualCalls(client, 'direct-client'));
    const through = await withClient(gateway.url, (client) => usualCalls(client, 'gatewy-client'));
    const plain = (answers: unknown[]): unknown => JSON.parse(neutral(JSON.stringify(answers)));
    assert.deepEqual(plain(through), plain(direct));
  });

  it('writes were sent together meanwhile', () => {
    assert.ok(gateway.gateway.forwarder.metrics().counters.batchedOperations > 20);
  });
});

/** What the official client makes of the answers to its usual calls. */
async function usualCalls(client: Client, index: string): Promise<unknown[]> {
  const seen: unknown[] = [];
  await client.indices.create({ index, wait_for_active_shards: 'all', settings: { number_of_shards: 2 } });
  // Each with another number: hits of one sort value are in the order in which shards answer.
  for (const [n, id] of ['1', '2', '3', 'with space'].entries())
    seen.push(await client.index({ index, id, document: { n, text: `text ${id}` } }));
  seen.push(await client.create({ index, id: '4', document: { n: 4 } }));
  seen.push(await client.create({ index, id: '4', document: { n: 4 } }).catch((error: unknown) => said(error)));
  seen.push(await client.update({ index, id: '4', doc: { n: 5 } }));
  seen.push(await client.get({ index, id: '4' }));
  seen.push(await client.exists({ index, id: 'missing' }));
  seen.push(await client.delete({ index, id: '4' }));
  seen.push(await client.get({ index, id: '4' }).catch((error: unknown) => said(error)));
  const operations = ['5', '6'].flatMap((id) => [{ index: { _id: id } }, { n: Number(id) }]);
  seen.push(await client.bulk({ index, refresh: true, operations }));
  // That of the bulk is of the shards that it wrote to.
  await client.indices.refresh({ index });
  seen.push(await client.search({ index, query: { match_all: {} }, sort: [{ n: 'asc' }], size: 3 }));
  seen.push(await client.count({ index }));
  const scrolled: unknown[] = [];
  for await (const page of client.helpers.scrollSearch({ index, size: 2, sort: [{ n: 'asc' }] }))
    scrolled.push(page.documents);
  seen.push(scrolled);
  const { id } = await client.openPointInTime({ index, keep_alive: '1m' });
  seen.push((await client.search({ pit: { id }, size: 1, sort: [{ n: 'asc' }] })).hits.hits.length);
  seen.push(await client.closePointInTime({ id }));
  return seen;
}

function said(error: unknown): unknown {
  return error instanceof errors.ResponseError ? [error.statusCode, error.body] : error;
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ node: url, maxRetries: 0 });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
