// Does the runner of YAML REST tests read, ask and judge as the format says? Against a server that answers what a test gives it.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import { callOf, ParameterError, type Api } from '../../../../../bench/gateway-suites/yaml/api.ts';
import { judge, patternOf } from '../../../../../bench/gateway-suites/yaml/assertions.ts';
import { filled, lookUp } from '../../../../../bench/gateway-suites/yaml/lookup.ts';
import { testsOf } from '../../../../../bench/gateway-suites/yaml/read.ts';
import { runTest } from '../../../../../bench/gateway-suites/yaml/run-test.ts';
import { errorOf, errorPatternOf, javaText } from '../../../../../bench/gateway-suites/yaml/caught.ts';
import { answerShape } from '../../../../../bench/gateway-suites/yaml/shape.ts';
import { includes } from '../../../../../bench/gateway-suites/yaml/version-range.ts';

const path = (path_: string, methods: readonly string[]) => ({ path: path_, methods });
const api: Api = new Map([
  ['get', { url: { paths: [path('/{index}/_doc/{id}', ['GET'])] } }],
  ['index', { url: { paths: [path('/{index}/_doc/{id}', ['PUT', 'POST']), path('/{index}/_doc', ['POST'])] } }],
  ['search', { url: { paths: [path('/_search', ['GET', 'POST']), path('/{index}/_search', ['GET', 'POST'])] } }],
  [
    'bulk',
    {
      url: { paths: [path('/_bulk', ['POST'])] },
      body: { serialize: 'bulk' },
      headers: { content_type: ['application/x-ndjson'] },
    },
  ],
]);
const wish = { headers: {}, getWithBody: false };

test('a request takes the path with the most given parts, and the rest goes into the query', () => {
  const call = (operation: string, args: Record<string, unknown>) => callOf(api, { ...wish, operation, args });
  assert.equal(call('search', { index: ['a', 'b'], size: 1 })?.path, '/a%2Cb/_search?size=1');
  assert.equal(call('search', {})?.path, '/_search');
  assert.deepEqual(
    [call('index', { index: 'i', id: 'a/b', body: {} })].map((c) => [c?.method, c?.path]),
    [['PUT', '/i/_doc/a%2Fb']],
  );
  assert.equal(call('index', { index: 'i', body: {} })?.method, 'POST');
  assert.equal(call('missing.operation', {}), undefined);
  assert.throws(() => call('get', { index: 'i' }), ParameterError);
});

test('a body makes a POST of what can be one, lists become lines, and a GET with a body is sent when it is wished', () => {
  const body = { query: {} };
  assert.equal(callOf(api, { ...wish, operation: 'search', args: { body } })?.method, 'POST');
  assert.equal(callOf(api, { ...wish, operation: 'search', args: { body }, getWithBody: true })?.method, 'GET');
  const bulk = callOf(api, { ...wish, operation: 'bulk', args: { body: [{ index: {} }, '{"a":1}'] } });
  assert.equal(bulk?.body, '{"index":{}}\n{"a":1}\n');
  assert.equal(bulk.headers['content-type'], 'application/x-ndjson');
});

test('a path goes through names with dots, places in lists, stored values and the first name', () => {
  const stored = new Map<string, unknown>([['id', 'n1']]);
  const answer = { nodes: { n1: { 'a.b': [{ c: 3 }] } } };
  assert.equal(lookUp('nodes.$id.a\\.b.0.c', answer, stored), 3);
  assert.equal(lookUp('nodes._arbitrary_key_', answer, stored), 'n1');
  assert.equal(lookUp('$body.nodes.n1.none', answer, stored), undefined);
  assert.deepEqual(filled({ a: '$id', b: ['x${id}y'], c: '$other' }, stored), { a: 'n1', b: ['xn1y'], c: '$other' });
});

test('assertions hold, and say what was seen when they do not', () => {
  const answer = { n: 3, list: [1, 2], text: 'green open', objects: [{ a: 1, b: 2 }], no: false };
  const reason = (name: string, value: unknown) => judge(name, value, answer, new Map());
  for (const [name, value] of [
    ['match', { n: 3 }],
    ['match', { text: '/^ green \\s+ open $/' }],
    ['length', { list: 2 }],
    ['gte', { n: 3 }],
    ['lt', { n: 4 }],
    ['contains', { objects: { a: 1 } }],
    ['is_true', 'text'],
    ['is_false', 'no'],
    ['is_false', 'absent'],
    ['exists', 'no'],
  ] as const)
    assert.equal(reason(name, value), undefined, name);
  assert.equal(reason('match', { n: 4 }), 'match: n is 3, expected 4');
  assert.equal(reason('length', { list: 3 }), 'length: list is [1,2], expected 3');
  assert.equal(reason('contains', { objects: { a: 2 } }), 'contains: objects is [{"a":1,"b":2}], expected {"a":2}');
  assert.equal(reason('is_true', 'no'), 'is_true: no is false');
  assert.equal(patternOf('not a pattern'), undefined);
});

test('an expression that would look back for hours does not fit, and a possessive quantifier is read', () => {
  const slow = judge('match', { $body: '/^ ((\\S+\\s?)+ \\n)+ $/' }, `${'word'.repeat(20)}\n!`, new Map());
  assert.match(slow ?? '', /^match: \$body is "word/);
  assert.equal(judge('match', { $body: '/^ (-|\\w+(,\\w+)*+) $/' }, 'data,ingest', new Map()), undefined);
});

test('an expression after catch has its white space, and fits an error as Java writes it', () => {
  const text = '{"error":{"root_cause":[{"type":"a","reason":"[size] cannot be 0"}],"type":"a"},"status":400}';
  assert.equal(errorPatternOf('/\\[size\\] cannot be 0/')?.test(text), true);
  assert.equal(javaText(errorOf(text)), '{root_cause=[{type=a, reason=[size] cannot be 0}], type=a}');
  assert.deepEqual([errorPatternOf('conflict'), errorOf('<html>')], [undefined, undefined]);
});

test('what a scroll cost and the id of its context are no part of an answer’s shape', () => {
  const shapeOf = (id: number): string =>
    answerShape({
      status: 404,
      headers: new Map([['task_resource_usage', `{"taskId":${id},"nodeId":"node${id}"}`]]),
      text: `{"error":{"reason":"No search context found for id [${id}]; index [a/${`${id}`.padEnd(22, 'x')}] exists"}}`,
    });
  assert.equal(shapeOf(1), shapeOf(22));
  assert.match(shapeOf(1), /task_resource_usage.*No search context found for id \[\*\]; index \[a\/\*\] exists/);
});

test('what differs between two runs is no part of an answer’s shape; a header, a status or a name is', () => {
  const answer = (status: number, headers: Record<string, string>, body: unknown) =>
    answerShape({ status, headers: new Map(Object.entries(headers)), text: JSON.stringify(body) });
  const usual = answer(200, { 'content-type': 'application/json', 'content-length': '9' }, { took: 1, _id: 'x' });
  assert.equal(answer(200, { 'content-type': 'application/json', date: 'now' }, { took: 2, _id: 'y' }), usual);
  assert.notEqual(answer(201, { 'content-type': 'application/json' }, { took: 1, _id: 'x' }), usual);
  assert.notEqual(answer(200, { 'content-type': 'text/plain' }, { took: 1, _id: 'x' }), usual);
  assert.notEqual(answer(200, { 'content-type': 'application/json' }, { took: '1', _id: 'x' }), usual);
});

async function serve(answer: (request: IncomingMessage, body: string) => readonly [number, unknown]) {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const [status, content] = answer(request, body);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const file = `
setup:
  - do: { index: { index: i, id: '1', body: { a: 1 } } }
---
"reads what it wrote":
  - do: { get: { index: i, id: '1' } }
  - match: { _source.a: 1 }
  - set: { _id: id }
  - do: { catch: missing, get: { index: i, id: '$id-none' } }
---
"expects too much":
  - do: { get: { index: i, id: '1' } }
  - match: { _source.a: 2 }
---
"expects an error":
  - do: { catch: conflict, get: { index: i, id: '1' } }
---
"needs what the runner lacks":
  - skip: { features: embedded_stash_key }
---
"needs what the engine lacks":
  - do: { search: {} }
---
teardown:
  - do: { bulk: { body: [] } }
`;

test('a test passes, fails or is skipped, each with its reason, and its teardown runs in each case', async () => {
  let teardowns = 0;
  await using server = await serve(({ method, url }) => {
    if (url === '/_bulk') teardowns += 1;
    if (url === '/_search') return [400, { error: 'no handler found for uri [/_search] and method [GET]' }];
    if (method === 'GET' && url?.endsWith('none')) return [404, { found: false }];
    return [200, { _id: '1', _source: { a: 1 } }];
  });
  const results = [];
  for (const test_ of testsOf('file.yml', file)) results.push(await runTest(test_, api, server.url));
  assert.deepEqual(
    results.map(({ id, outcome, detail }) => [id, outcome, detail]),
    [
      ['file.yml/reads what it wrote', 'passed', ''],
      ['file.yml/expects too much', 'failed', 'match: _source.a is 1, expected 2'],
      ['file.yml/expects an error', 'failed', 'GET /i/_doc/1: 200, expected conflict; {"_id":"1","_source":{"a":1}}'],
      ['file.yml/needs what the runner lacks', 'skipped', 'the runner has no feature embedded_stash_key'],
      ['file.yml/needs what the engine lacks', 'skipped', 'the engine has no such part'],
    ],
  );
  assert.equal(teardowns, results.length);
});

test('a file for another offer and a file that is not YAML are skipped with the reason', () => {
  assert.equal(
    testsOf('a.yml', 'requires: { stack: false }\n---\n"t":\n  - do: {}\n')[0]?.skip,
    'the file is for the serverless offer',
  );
  assert.match(testsOf('b.yml', '"t": "no end\n')[0]?.skip ?? '', /^not YAML: /);
});

test('a range of versions includes its bounds; OpenSearch began after the versions 5 to 7 of the engine that it was made from', () => {
  const openSearch = { number: '3.4.0', distribution: 'opensearch' };
  const seen = (ranges: string): boolean => includes(ranges, openSearch);
  assert.deepEqual([' - 2.99.99', '3.4.0 -', ' - 3.4.0', '2.0.0 - 2.14.99 , 3.0.0 - '].map(seen), [
    ...[false, true, true, true],
  ]);
  assert.deepEqual([' - 7.99.99', '7.4.0 - ', '- 1.4.99', '1.0.0.Beta1 - '].map(seen), [false, true, false, true]);
  assert.deepEqual(
    [includes(' - 7.99.99', { number: '9.5.3' }), includes('8.1.0 -', { number: '9.5.3' })],
    [false, true],
  );
  assert.throws(() => seen('sometimes'), /'sometimes' is no range of versions/);
});
