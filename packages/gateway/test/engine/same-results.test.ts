// The official client through the gateway and without it, against a real cluster of three nodes: the same answers to a list of calls.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client, errors } from '@elastic/elasticsearch';
import { request } from 'undici';
import { startGateway, type RunningGateway } from '../harness/running.ts';
import { findEngine, startEngines, type TestEngine } from '../../../service/test/harness/engine.ts';
import { calls, type Call } from './calls.ts';

const found = await findEngine();

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

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
  for (const id of ['1', '2', '3', 'with space'])
    seen.push(await client.index({ index, id, document: { n: id.length, text: `text ${id}` } }));
  seen.push(await client.create({ index, id: '4', document: { n: 4 } }));
  seen.push(await client.create({ index, id: '4', document: { n: 4 } }).catch((error: unknown) => said(error)));
  seen.push(await client.update({ index, id: '4', doc: { n: 5 } }));
  seen.push(await client.get({ index, id: '4' }));
  seen.push(await client.exists({ index, id: 'missing' }));
  seen.push(await client.delete({ index, id: '4' }));
  seen.push(await client.get({ index, id: '4' }).catch((error: unknown) => said(error)));
  const operations = ['5', '6'].flatMap((id) => [{ index: { _id: id } }, { n: 5 }]);
  seen.push(await client.bulk({ index, refresh: true, operations }));
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

async function send(url: string, { method, path, body, headers }: Call): Promise<Answer> {
  const answer = await request(url + path, {
    method: method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
}

/** Without the names of the two indexes, times, and ids that the engine makes. */
function neutral(text: string): string {
  return (
    text
      .replaceAll(/direct-|gatewy-/g, '')
      .replaceAll(/"took":\d+/g, '"took":0')
      .replaceAll(/"(_scroll_id|id|pit_id|index_uuid|uuid|_id|creation_date)":"[^"]{13,}"/g, '"$1":"made"')
      .replaceAll(/\/[\w-]{22}\]/g, '/made]')
      // An exception that travels between nodes loses its own type.
      .replaceAll(/"type":"(x_content_e_o_f|json_e_o_f|illegal_argument|i_o)_exception"/g, '"type":"any"')
      .replaceAll(/\/_doc\/[\w-]{20}$/g, '/_doc/made')
  );
}

/** What must be equal, besides the compression of a body. */
function comparable({ status, headers, body }: Answer): object {
  const kept = Object.entries(headers)
    .filter(
      ([name]) =>
        !['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-encoding'].includes(name),
    )
    .map(([name, value]) => [name, neutral(String(value))]);
  const text = neutral(body);
  return { status, headers: Object.fromEntries(kept) as object, body: status < 400 ? text : inOrder(text) };
}

/**
 * An error with the fields of its objects in order of name: the engine keeps them in a map whose order differs from node to node, and
 * the gateway does not ask the node that was asked directly.
 */
function inOrder(text: string): string {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return text.startsWith('{') ? JSON.stringify(JSON.parse(text), sorted) : text;
}
