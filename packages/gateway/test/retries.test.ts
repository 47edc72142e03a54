// What is repeated and what is not, before nodes that are down, break off, refuse or hang.
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway } from './harness/running.ts';
import { sendJson, Stub } from './harness/stub.ts';

interface ErrorBody {
  readonly error: {
    readonly type: string;
    readonly reason: string;
    readonly outcome: string;
    readonly root_cause: readonly unknown[];
    readonly attempts: readonly { readonly node: string; readonly reason: string; readonly sent: boolean }[];
  };
  readonly status: number;
}

const quick = { maxAttempts: 4, backoff: { baseMs: 2, capMs: 4 }, attempt: { minMs: 10_000 } };

async function deadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const post = (url: string, path: string, headers: Record<string, string> = {}, method = 'POST'): Promise<Response> =>
  fetch(url + path, { method, body: '{"n":1}', headers: { 'content-type': 'application/json', ...headers } });

test('a node that refuses connections is not noticed, not even by a write without an id', async () => {
  await using stub = await Stub.start((_, response) => sendJson(response, 201, {}));
  await using gateway = await startGateway([await deadUrl(), stub.url], [], quick);
  for (let n = 0; n < 10; n++) assert.equal((await post(gateway.url, '/a/_doc')).status, 201);
  assert.equal(stub.seen.length, 10);
});

for (const [path, method, isRepeated] of [
  ['/a/_search', 'POST', true],
  ['/a/_count', 'POST', true],
  ['/a/_doc/1', 'PUT', true],
  ['/a/_create/1', 'PUT', true],
  ['/a/_doc', 'POST', false],
  ['/a/_update/1', 'POST', false],
  ['/a/_update_by_query', 'POST', false],
  ['/_search/scroll', 'POST', false],
  ['/a/_no_such_api', 'POST', false],
] as const)
  test(`${method} ${path} whose connection breaks after it was sent is ${isRepeated ? 'repeated' : 'not repeated'}`, async () => {
    let broken = 0;
    await using stub = await Stub.start((_, response) => {
      if (broken++ === 0) response.socket?.destroy();
      else sendJson(response, 200, { ok: true });
    });
    await using gateway = await startGateway([stub.url], [], quick);
    const answer = await post(gateway.url, path, {}, method);
    if (isRepeated) return assert.deepEqual([answer.status, broken], [200, 2]);
    const { error, status } = (await answer.json()) as ErrorBody;
    assert.deepEqual([answer.status, status, broken], [500, 500, 1]);
    assert.deepEqual(
      [error.type, error.outcome, error.attempts[0]?.sent],
      ['understudy_outcome_unknown', 'unknown', true],
    );
  });

for (const [path, method] of [
  ['/a/_search', 'POST'],
  ['/a/_doc', 'POST'],
] as const)
  test(`${method} ${path} that a node refuses with 429 is repeated: it was not carried out`, async () => {
    let refused = 0;
    await using stub = await Stub.start((_, response) => {
      if (refused++ < 2)
        sendJson(response, 429, { error: { type: 'es_rejected_execution_exception', reason: 'full' }, status: 429 });
      else sendJson(response, 200, {});
    });
    await using gateway = await startGateway([stub.url], [], quick);
    assert.deepEqual([(await post(gateway.url, path, {}, method)).status, refused], [200, 3]);
  });

test("the engine's own last error is the answer, byte for byte", async () => {
  const body = '{ "error": {"type": "search_phase_execution_exception","reason":"all shards failed"} , "status":503}';
  await using stub = await Stub.start((_, response) => {
    response.writeHead(503, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
    response.end(body);
  });
  await using gateway = await startGateway([stub.url], [], quick);
  const answer = await post(gateway.url, '/a/_search');
  assert.deepEqual([answer.status, await answer.text(), stub.seen.length], [503, body, 4]);
});

test('with every node out the error has the shape of the engine and names what was tried', async () => {
  const nodes = [await deadUrl(), await deadUrl()];
  await using gateway = await startGateway(nodes, [], { ...quick, breaker: { allDownMs: 50 } });
  const first = await post(gateway.url, '/a/_search');
  const { error, status } = (await first.json()) as ErrorBody;
  assert.deepEqual([first.status, status, first.headers.get('content-type')], [503, 503, 'application/json']);
  assert.match(error.type, /^understudy_(unavailable|circuit_open)$/);
  assert.ok(error.root_cause.length === 1 && nodes.some((url) => error.attempts.some(({ node }) => node === url)));
  assert.ok(error.attempts.every(({ sent, reason }) => !sent && reason === 'ECONNREFUSED'));
  await sleep(200);
  const later = await post(gateway.url, '/a/_doc/1', {}, 'PUT');
  assert.deepEqual([later.status, later.headers.get('retry-after')], [503, '1']);
  const own = await fetch(`${gateway.url}/_understudy`);
  const seen = (await own.json()) as { state: string; nodes: { url: string; state: string }[]; breaker: string };
  assert.deepEqual(
    [own.status, seen.state, seen.breaker, seen.nodes.map(({ url }) => url)],
    [503, 'down', 'open', nodes],
  );
});

test('a request that fits no more is refused with 429 and Retry-After', async () => {
  await using stub = await Stub.start(() => undefined);
  const admission = { reads: { initial: 1, minimum: 1, maximum: 1 }, maxQueue: 1 };
  await using gateway = await startGateway([stub.url], [], { ...quick, admission });
  const all = [1, 2, 3].map(() => post(gateway.url, '/a/_search', { 'x-understudy-deadline-ms': '400' }));
  const statuses = (await Promise.all(all)).map((answer) => [answer.status, answer.headers.get('retry-after')]);
  assert.deepEqual(statuses.sort(), [
    [429, '1'],
    [504, null],
    [504, null],
  ]);
});

test('the deadline of a request is kept: 504 for a read, 500 for a write that may have been carried out', async () => {
  await using stub = await Stub.start(() => undefined);
  await using gateway = await startGateway([stub.url], ['--deadline-ms', '300']);
  const startedMs = performance.now();
  const [read, write, own] = await Promise.all([
    post(gateway.url, '/a/_search'),
    post(gateway.url, '/a/_doc'),
    post(gateway.url, '/a/_search', { 'x-understudy-deadline-ms': '100' }),
  ]);
  assert.deepEqual([read.status, write.status, own.status], [504, 500, 504]);
  assert.ok(performance.now() - startedMs < 3000);
});

test('a body that is not kept is sent once', async () => {
  let arrived = 0;
  await using stub = await Stub.start((_, response) => {
    arrived++;
    response.socket?.destroy();
  });
  await using gateway = await startGateway([stub.url], ['--kept-body-bytes', '3']);
  assert.deepEqual([(await post(gateway.url, '/a/_search')).status, arrived], [503, 1]);
  assert.deepEqual([(await post(gateway.url, '/a/_doc')).status, arrived], [500, 2]);
});

test('a body that is not kept reaches another node when the first cannot be connected to', async () => {
  await using stub = await Stub.start(({ body }, response) => sendJson(response, 200, { got: body.toString() }));
  await using gateway = await startGateway([await deadUrl(), stub.url], ['--kept-body-bytes', '3']);
  for (let n = 0; n < 6; n++)
    assert.deepEqual(await (await post(gateway.url, '/a/_search')).json(), { got: '{"n":1}' });
});

test('a slow read is sent to a second node, a slow write is not', async () => {
  let isSlow = false;
  let arrived = 0;
  const answer: Stub['answer'] = (_, response) => {
    if (!isSlow || arrived++ % 2 === 1) sendJson(response, 200, {});
    else setTimeout(() => sendJson(response, 200, {}), 2000);
  };
  await using one = await Stub.start(answer);
  await using other = await Stub.start(answer);
  await using gateway = await startGateway([one.url, other.url]);
  for (let n = 0; n < 64; n++) await (await post(gateway.url, '/a/_search')).text();
  isSlow = true;
  const times: number[] = [];
  for (let n = 0; n < 3; n++) {
    const startedMs = performance.now();
    await (await post(gateway.url, '/a/_search')).text();
    times.push(performance.now() - startedMs);
  }
  assert.ok(gateway.gateway.forwarder.metrics().counters.hedgesWon > 0, 'no second request won');
  assert.ok(Math.max(...times) < 1500, `a read took ${Math.max(...times)} ms`);
  const before = gateway.gateway.forwarder.metrics().counters.hedges;
  await (await post(gateway.url, '/a/_doc')).text();
  assert.equal(gateway.gateway.forwarder.metrics().counters.hedges, before);
});

test('the log has a line for a failure with what was tried and no query', async () => {
  await using gateway = await startGateway([await deadUrl()], ['--log-every', '1', '--deadline-ms', '200']);
  await post(gateway.url, '/a/_search?q=private');
  const [line] = gateway.log.map((one) => JSON.parse(one) as Record<string, unknown>);
  const { method, path, operation, status } = line ?? {};
  assert.deepEqual(
    { method, path, operation, status },
    { method: 'POST', path: '/a/_search', operation: 'search', status: 504 },
  );
  assert.ok(!gateway.log.join('').includes('private'));
});

test('metrics count requests by operation and status', async () => {
  await using stub = await Stub.start((_, response) => sendJson(response, 200, {}));
  await using gateway = await startGateway([stub.url]);
  await post(gateway.url, '/a/_search');
  await post(gateway.url, '/a/_search');
  const answer = await fetch(`${gateway.url}/_understudy/metrics`);
  const text = await answer.text();
  assert.match(text, /^gateway_requests_total\{operation="search",status="200"\} 2$/m);
  assert.match(text, /^gateway_request_duration_seconds_count\{operation="search"\} 2$/m);
  assert.match(text, /^gateway_node_up\{node="http:\/\/127\.0\.0\.1:\d+"\} 1$/m);
});
