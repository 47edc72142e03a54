// Bulks that are divided by the nodes of the primaries: what goes where, what is answered when a node fails, and what stays whole.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bulksAt, carryOut, idsAt, itemsOf, nodeOf, startCluster, type StubCluster } from './harness/cluster.ts';
import { startGateway, type RunningGateway } from './harness/running.ts';
import { sendJson } from './harness/stub.ts';

const quick = { maxAttempts: 4, backoff: { baseMs: 1, capMs: 2 } };
const divide = ['--divide-bulks', '2'];
const index = (id: string, n = 1): string => `{"index":{"_id":"${id}"}}\n{"n":${n}}\n`;
const made = (n: number): string => `{"index":{}}\n{"n":${n}}\n`;

async function post(
  { url }: RunningGateway,
  body: string,
  path = '/a/_bulk',
  deadlineMs = 20_000,
): Promise<[number, string]> {
  const headers = { 'content-type': 'application/x-ndjson', 'x-understudy-deadline-ms': String(deadlineMs) };
  const answer = await fetch(url + path, { method: 'POST', body, headers });
  return [answer.status, await answer.text()];
}

/** Bulks of deletions until one is divided: the gateway learns about an index when it first sees it. */
async function learn(gateway: RunningGateway, { nodes }: StubCluster): Promise<void> {
  const body = [0, 1, 2].map((at) => `{"delete":{"_id":"${idsAt(at, 1)[0]}"}}\n`).join('');
  for (let tries = 0; tries < 100; tries++) {
    for (const node of nodes) node.seen.length = 0;
    await post(gateway, body);
    const isDivided = nodes.every((node) => bulksAt(node).length === 1);
    for (const node of nodes) node.seen.length = 0;
    if (isDivided) return;
    await sleep(20);
  }
  assert.fail('the bulk was never divided');
}

const [[x0, y0], [x1, y1], [x2]] = [idsAt(0, 2), idsAt(1, 2), idsAt(2, 1)] as [
  [string, string],
  [string, string],
  [string],
];

test('items go to the nodes of their primaries, and the answer has them in their order, byte for byte', async () => {
  await using cluster = await startCluster();
  await using gateway = await startGateway(cluster.urls, divide);
  await learn(gateway, cluster);
  const body =
    index(x1, 1) + index(x0, 1) + index(x2) + index(x1, 2) + index(y0) + `{"delete":{"_id":"${x0}"}}\n` + index(y1);
  const [status, text] = await post(gateway, body);
  const took = Math.max(...cluster.urls.map((url) => Number(new URL(url).port)));
  assert.deepEqual(
    [status, text],
    [200, `{"errors":false,"took":${took},"items":[${itemsOf(Buffer.from(body)).join(',')}]}`],
  );
  assert.deepEqual(cluster.nodes.map(bulksAt), [
    [index(x0, 1) + index(y0) + `{"delete":{"_id":"${x0}"}}\n`],
    [index(x1, 1) + index(x1, 2) + index(y1)],
    [index(x2)],
  ]);
});

test('when a node dies its items alone are sent again', async () => {
  await using cluster = await startCluster((at) => (seen, response, request) => {
    if (at === 1 && seen.body.includes('{"n"')) response.socket?.destroy();
    else carryOut(seen, response, request);
  });
  await using gateway = await startGateway(cluster.urls, divide, quick);
  await learn(gateway, cluster);
  const [status, text] = await post(gateway, index(x0) + index(x1) + index(x2));
  assert.equal(status, 200);
  const ids = (JSON.parse(text) as { items: { index: { _id: string; status: number } }[] }).items.map(
    (one) => one.index,
  );
  assert.deepEqual(
    ids.map(({ _id, status: code }) => [_id, code]),
    [x0, x1, x2].map((id) => [id, 201]),
  );
  const all = cluster.nodes.flatMap(bulksAt);
  assert.deepEqual(
    [x0, x2].map((id) => all.filter((one) => one.includes(`"${id}"`)).length),
    [1, 1],
  );
  assert.deepEqual(
    all.filter((one) => one.includes(x1)),
    [index(x1), index(x1)],
  );
});

test('when a part has failed for good, its items say so and the others are answered', async () => {
  await using cluster = await startCluster(() => (seen, response, request) => {
    // Whoever has it: the part never ends.
    if (!seen.body.includes(`{"index":{"_id":"${x1}"}}`)) carryOut(seen, response, request);
  });
  await using gateway = await startGateway(cluster.urls, divide, quick);
  await learn(gateway, cluster);
  const [status, text] = await post(gateway, index(x0) + index(x1) + index(x2), '/a/_bulk', 700);
  const { errors, items } = JSON.parse(text) as { errors: boolean; items: { index: Record<string, unknown> }[] };
  assert.deepEqual([status, errors, items.map((one) => one.index['status'])], [200, true, [201, 504, 201]]);
  const { _index, _id, error } = items[1]?.index as {
    _index: string;
    _id: string;
    error: { type: string; outcome: string };
  };
  assert.deepEqual([_index, _id, error.type, error.outcome], ['a', x1, 'understudy_deadline_exceeded', 'unknown']);
});

test('items without an id are never sent twice, and do not spoil the others', async () => {
  await using cluster = await startCluster(() => (seen, response, request) => {
    if (seen.body.includes('{"index":{}}')) response.socket?.destroy();
    else carryOut(seen, response, request);
  });
  await using gateway = await startGateway(cluster.urls, divide, quick);
  await learn(gateway, cluster);
  const [status, text] = await post(gateway, index(x0) + made(1) + index(x2) + made(2));
  const { items } = JSON.parse(text) as { items: { index: { status: number; error?: { type: string } } }[] };
  assert.deepEqual([status, items.map((one) => one.index.status)], [200, [201, 500, 201, 500]]);
  assert.equal(items[1]?.index.error?.type, 'understudy_outcome_unknown');
  assert.equal(cluster.nodes.flatMap(bulksAt).filter((one) => one === made(1) + made(2)).length, 1);
});

test('when the engine refuses every part, its own answer is passed on', async () => {
  const refusal = { error: { type: 'security_exception', reason: 'no' }, status: 403 };
  let isRefusing = false;
  await using cluster = await startCluster(() => (seen, response, request) => {
    if (isRefusing) sendJson(response, 403, refusal);
    else carryOut(seen, response, request);
  });
  await using gateway = await startGateway(cluster.urls, divide);
  await learn(gateway, cluster);
  isRefusing = true;
  assert.deepEqual(await post(gateway, index(x0) + index(x1)), [403, JSON.stringify(refusal)]);
});

test('an item that is refused within a part is repeated alone', async () => {
  let isFull = true;
  await using cluster = await startCluster(() => (seen, response, request) => {
    if (!seen.body.includes(`"${y1}"`) || !isFull) return carryOut(seen, response, request);
    isFull = false;
    const error = { type: 'es_rejected_execution_exception', reason: 'full' };
    const items = itemsOf(seen.body).map((item) =>
      item.includes(`"${y1}"`) ? JSON.stringify({ index: { _index: 'a', _id: y1, status: 429, error } }) : item,
    );
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"errors":true,"took":1,"items":[${items.join(',')}]}`);
  });
  await using gateway = await startGateway(cluster.urls, divide, quick);
  await learn(gateway, cluster);
  const body = index(x1) + index(x0) + index(y1);
  const [, text] = await post(gateway, body);
  assert.ok(text.endsWith(`"items":[${itemsOf(Buffer.from(body)).join(',')}]}`), text);
  assert.match(text, /^\{"errors":false,/);
  assert.deepEqual(
    bulksAt(cluster.nodes[1]!)
      .concat(bulksAt(cluster.nodes[0]!), bulksAt(cluster.nodes[2]!))
      .filter((one) => one.includes(y1)).length,
    2,
  );
});

const other = { a: {}, alias: { name: 'a' }, piped: { settings: { default_pipeline: 'p' } } };
const two = index(x0) + index(x1);
const whole: readonly (readonly [name: string, body: string, path: string])[] = [
  ['an update', `${two}{"update":{"_id":"1"}}\n{"doc":{}}\n`, '/a/_bulk'],
  ['an alias', two, '/alias/_bulk'],
  ['an index with a pipeline', two, '/piped/_bulk'],
  ['an index that is not known', two, '/missing/_bulk'],
  ['a pipeline in the query', two, '/a/_bulk?pipeline=p'],
  ['a parameter that is not known', two, '/a/_bulk?list_executed_pipelines=true'],
  ['a routing in the query', two, '/a/_bulk?routing=r'],
  ['a pipeline of an item', `${two}{"index":{"_id":"1","pipeline":"p"}}\n{}\n`, '/a/_bulk'],
  ['a field twice', `${two}{"index":{"_id":"1","_id":"2"}}\n{}\n`, '/a/_bulk'],
  ['an escape', `${two}{"index":{"_id":"\\u0031"}}\n{}\n`, '/a/_bulk'],
  ['an id of 513 bytes', `${two}${index('i'.repeat(513))}`, '/a/_bulk'],
  ['an empty id', `${two}${index('')}`, '/a/_bulk'],
  ['a document that is no object', `${two}{"index":{"_id":"1"}}\n7\n`, '/a/_bulk'],
  ['a deletion without an id', `${two}{"delete":{}}\n`, '/a/_bulk'],
  ['an index in some items', `${two}{"index":{"_index":"a","_id":"1"}}\n{}\n`, '/a/_bulk'],
  ['one item alone', index(x0), '/a/_bulk'],
];

test('what is not certain is sent whole', async () => {
  await using cluster = await startCluster(undefined, other);
  await using gateway = await startGateway(cluster.urls, divide);
  await learn(gateway, cluster);
  for (const [name, body, path] of whole)
    // Twice: the first bulk may be whole because the index is not known yet.
    for (let round = 0; round < 2; round++) {
      for (const node of cluster.nodes) node.seen.length = 0;
      await post(gateway, body, path);
      assert.deepEqual(cluster.nodes.flatMap(bulksAt), [body], name);
      await sleep(100);
    }
});

test('the same parameters as for the whole are in the request for each part', async () => {
  await using cluster = await startCluster();
  await using gateway = await startGateway(cluster.urls, divide);
  await learn(gateway, cluster);
  const path = '/_bulk?refresh=wait_for&timeout=5s&wait_for_active_shards=1';
  await post(
    gateway,
    index(x0).replace('{"_id', '{"_index":"a","_id') + index(x1).replace('{"_id', '{"_index":"a","_id'),
    path,
  );
  assert.deepEqual(
    cluster.nodes.flatMap(({ seen }) => seen.map(({ url }) => url)),
    [path, path],
  );
});

test('the map of the shards follows the routing of an item, not its id', async () => {
  await using cluster = await startCluster();
  await using gateway = await startGateway(cluster.urls, divide);
  await learn(gateway, cluster);
  const routed = `{"index":{"_id":"${x0}","routing":"${x2}"}}\n{"n":1}\n`;
  await post(gateway, routed + index(x1));
  assert.equal(nodeOf(x2), 2);
  assert.deepEqual(cluster.nodes.map(bulksAt), [[], [index(x1)], [routed]]);
});
