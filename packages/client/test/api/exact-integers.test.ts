// 64-bit integers: rounded by default, exact where asked for, and written exactly always.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createClient, isClientError, parseExact, stringifyExact, type Client } from '@understudy/client';
import { StubServer } from '../stub-server.ts';

let server: StubServer;
let clients: readonly Client[];

const long = '9223372036854775807';
const source = `{"long":-${long},"unsigned":18446744073709551615,"small":9007199254740991,"float":9007199254740993.5,"text":"${long}"}`;
const exact = {
  long: -9223372036854775807n,
  unsigned: 18446744073709551615n,
  small: 9007199254740991,
  float: 9007199254740994,
  text: long,
};
const document = `{"_index":"a","_id":"1","_version":1764000000000123,"_seq_no":3,"_primary_term":1,"found":true,"_source":${source}}`;
const hits = `"hits":{"total":{"value":1,"relation":"eq"},"hits":[{"_index":"a","_id":"1","_score":null,"_source":${source},"sort":[${long}]}]},"aggregations":{"top":{"buckets":[{"key":${long},"doc_count":1}]}}`;

before(async () => {
  server = await new StubServer(({ url }, response) => {
    response.setHeader('content-type', 'application/json');
    const body = url.startsWith('/_mget')
      ? `{"docs":[${document}]}`
      : url.startsWith('/_msearch')
        ? `{"responses":[{"status":200,${hits}}]}`
        : url.includes('_search')
          ? `{${hits}}`
          : document;
    response.end(body);
  }).listen();
  const make = (gather: 'on' | 'off'): Client =>
    createClient({
      nodes: [server.url],
      exactIntegers: true,
      gather: { writes: gather, gets: gather, searches: gather },
    });
  clients = [make('on'), make('off')];
});
after(async () => {
  for (const client of clients) await client.close();
  await server.close();
});

test('a document, sort values and aggregations are read with every digit, gathered or not', async () => {
  for (const client of clients) {
    const got = await client.get({ index: 'a', id: '1' });
    assert.ok(got.found);
    assert.deepEqual(got.source, exact);
    assert.equal(got.version, 1764000000000123);
    const { hits: found, aggregations } = await client.search({ index: 'a' });
    assert.deepEqual(found[0]?.source, exact);
    assert.deepEqual(found[0].sort, [9223372036854775807n]);
    assert.deepEqual(aggregations, { top: { buckets: [{ key: 9223372036854775807n, doc_count: 1 }] } });
    const { body } = await client.request<{ _source: unknown }>({ method: 'GET', path: '/a/_doc/1' });
    assert.deepEqual(body._source, exact);
  }
});

test('without the option numbers stay numbers', async () => {
  const client = createClient({ nodes: [server.url] });
  const got = await client.get<typeof exact>({ index: 'a', id: '1' });
  assert.ok(got.found);
  assert.equal(typeof got.source.long, 'number');
  await client.close();
});

test('bigints are written as integers: in documents, searches and bodies of requests', async () => {
  for (const client of clients) {
    server.seen.splice(0);
    // The stub's answers acknowledge nothing; what was sent is what counts.
    await client.index({ index: 'a', id: '1', document: exact }).catch(() => undefined);
    await client.update({ index: 'a', id: '1', doc: { n: 2n ** 62n } }).catch(() => undefined);
    await client.search({ index: 'a', body: { search_after: [2n ** 63n - 1n] } });
    await client.request({ method: 'POST', path: '/a/_count', body: { n: -(2n ** 63n) } });
    const bodies = server.seen.map(({ body }) => body).join('\n');
    assert.ok(bodies.includes(`"long":-${long},"unsigned":18446744073709551615,"small":9007199254740991`), bodies);
    for (const text of ['"n":4611686018427387904', `"search_after":[${long}]`, '"n":-9223372036854775808'])
      assert.ok(bodies.includes(text), text);
  }
});

test('a conflict with a document that differs only in a rounded digit is not taken for one with the earlier attempt', async () => {
  let creates = 0;
  const other = await new StubServer(({ method, url }, response) => {
    response.setHeader('content-type', 'application/json');
    if (method === 'PUT' && url.includes('/_create/')) {
      if (++creates === 1) return void response.destroy();
      response.statusCode = 409;
      return void response.end('{"error":{"type":"version_conflict_engine_exception","reason":"r"},"status":409}');
    }
    if (method === 'GET')
      return void response.end(
        '{"_index":"a","_id":"1","_version":1,"_seq_no":1,"_primary_term":1,"found":true,"_source":{"n":9007199254740992}}',
      );
    response.end('{"_index":"a","_id":"1","_version":2,"_seq_no":2,"_primary_term":1,"result":"updated"}');
  }).listen();
  const client = createClient({ nodes: [other.url], gather: false });
  const failed = await client
    .create({ index: 'a', id: '1', document: { n: BigInt('9007199254740993') } })
    .catch((error: unknown) => error);
  assert.ok(isClientError(failed), JSON.stringify(failed));
  assert.deepEqual([failed.code, failed.outcome], ['conflict', 'unknown']);
  const own = await client.create({ index: 'a', id: '1', document: { n: 9007199254740992n } }).catch(() => undefined);
  assert.equal(own, undefined, 'a create that was never sent before has a genuine conflict');
  await client.close();
  await other.close();
});

test('whatever is written exactly is read exactly', () => {
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : n)),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map((n) => (Number.isInteger(n) && !Number.isSafeInteger(n) ? 0.5 : n === 0 ? 0 : n)),
      fc.string({ unit: 'grapheme' }),
      fc.constant(null),
      fc.boolean(),
      fc.array(tie('value')),
      fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(json, (value) => {
      assert.deepEqual(parseExact(stringifyExact(value) ?? ''), value);
    }),
  );
  assert.deepEqual(parseExact('[1e20, 12345678901234567890.5, -9007199254740993, "9007199254740993"]'), [
    1e20,
    12345678901234567890.5,
    -9007199254740993n,
    '9007199254740993',
  ]);
  assert.throws(() => parseExact('{'), SyntaxError);
});

test('what cannot be written as JSON is an invalid request', async () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const [client] = clients;
  for (const work of [
    client!.search({ index: 'a', body: cycle }),
    client!.request({ method: 'POST', path: '/a', body: cycle }),
    client!.index({ index: 'a', id: '1', document: () => undefined }),
  ])
    await assert.rejects(work, { code: 'invalid-request', outcome: 'none' });
});
