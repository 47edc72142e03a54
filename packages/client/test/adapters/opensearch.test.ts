import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Client, errors } from '@opensearch-project/opensearch';
import { opensearchOptions } from '../../src/adapters/opensearch.ts';
import { json, StubServer } from '../stub-server.ts';

let sick: StubServer;
let well: StubServer;

before(async () => {
  sick = await new StubServer((_, response) =>
    json(response, 503, { error: { type: 'cluster_block_exception', reason: 'no cluster manager' } }),
  ).listen();
  well = await new StubServer((seen, response) => {
    if (seen.url.includes('/missing'))
      return json(response, 404, {
        error: { type: 'index_not_found_exception', reason: 'no such index' },
        status: 404,
      });
    json(response, 200, { _id: '1', result: 'created', hits: { hits: [] } });
  }).listen();
});

after(async () => {
  await sick.close();
  await well.close();
});

test('the official client keeps its API, and a node that answers 503 fails no request', async () => {
  const client = new Client(opensearchOptions({ nodes: [sick.url, well.url] }));
  for (let i = 0; i < 8; i++) {
    const { body } = await client.index({ index: 'a', id: `${i}`, body: { n: i } });
    assert.equal(body.result, 'created');
  }
  assert.ok(sick.seen.length >= 1, 'the sick node was tried');
  assert.equal(well.seen.length, 8);
  await client.close();
});

test('a refusal of the engine is still the official ResponseError', async () => {
  const client = new Client(opensearchOptions({ nodes: [well.url] }));
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
