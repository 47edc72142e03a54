import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Client, errors } from '@opensearch-project/opensearch';
import { opensearchOptions } from '../../src/adapters/opensearch.ts';
import { json, StubServer } from '../stub-server.ts';

let failing: StubServer;
let healthy: StubServer;

before(async () => {
  failing = await new StubServer((_, response) =>
    json(response, 503, { error: { type: 'cluster_block_exception', reason: 'no cluster manager' } }),
  ).listen();
  healthy = await new StubServer((seen, response) => {
    if (seen.url.includes('/missing'))
      return json(response, 404, {
        error: { type: 'index_not_found_exception', reason: 'no such index' },
        status: 404,
      });
    json(response, 200, { _id: '1', result: 'created', hits: { hits: [] } });
  }).listen();
});

after(async () => {
  await failing.close();
  await healthy.close();
});

test('the official client keeps its API, and a node that answers 503 fails no request', async () => {
  const client = new Client(opensearchOptions({ nodes: [failing.url, healthy.url] }));
  for (let i = 0; i < 8; i++) {
    const { body } = await client.index({ index: 'a', id: `${i}`, body: { n: i } });
    assert.equal(body.result, 'created');
  }
  assert.ok(failing.seen.length >= 1, 'the failing node was tried');
  assert.equal(healthy.seen.length, 8);
  await client.close();
});

test('a refusal of the engine is still the official ResponseError', async () => {
  const client = new Client(opensearchOptions({ nodes: [healthy.url] }));
  await assert.rejects(
    client.search({ index: 'missing' }),
    (error) => error instanceof errors.ResponseError && error.statusCode === 404,
  );
  await client.close();
});

test('a time-out is the deadline of the whole operation and still the official TimeoutError', async () => {
  const hung = await new StubServer(() => undefined).listen();
  const client = new Client(opensearchOptions({ nodes: [hung.url], deadlineMs: 200 }));
  await assert.rejects(client.search({ index: 'a' }), errors.TimeoutError);
  await client.close();
  await hung.close();
});
