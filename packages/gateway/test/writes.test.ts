// Single writes: sent together, answered one by one as the engine would, fenced where asked, and a create that meets its own work.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway } from './harness/running.ts';
import { sendJson, Stub, type Seen } from './harness/stub.ts';

const shards = { total: 2, successful: 2, failed: 0 };

/** Answers like the engine: what it wrote by itself or in a bulk. */
function engine(seen: Seen): { status: number; body: unknown } {
  if (!seen.url.includes('/_bulk')) return { status: 201, body: written('created', seen.url.split(/[/?]/)[3] ?? '') };
  const lines = seen.body.toString().trimEnd().split('\n');
  const items = [];
  for (let i = 0; i < lines.length; i += 2) {
    const [op = '', fields] = Object.entries(JSON.parse(lines[i] ?? '') as Record<string, { _id: string }>)[0] ?? [];
    if (op === 'delete') i--;
    const id = fields?._id ?? '';
    if (id === 'refused')
      items.push({ [op]: { _index: 'a', _id: id, status: 400, error: { type: 'x', reason: 'y' } } });
    else
      items.push({
        [op]: { ...written(op === 'delete' ? 'deleted' : 'created', id), status: op === 'delete' ? 200 : 201 },
      });
  }
  return { status: 200, body: { errors: false, took: 1, items } };
}

const written = (result: string, id: string): object => ({
  _index: 'a',
  _id: decodeURIComponent(id),
  _version: 1,
  result,
  _shards: shards,
  _seq_no: 7,
  _primary_term: 1,
});

const put = (
  url: string,
  path: string,
  body = '{"n":1}',
  headers: Record<string, string> = {},
  signal: AbortSignal | null = null,
): Promise<Response> =>
  fetch(url + path, { method: 'PUT', body, headers: { 'content-type': 'application/json', ...headers }, signal });

const answering: Stub['answer'] = (seen, response) => {
  const { status, body } = engine(seen);
  sendJson(response, status, body);
};

const bulksOf = (stub: Stub): readonly Seen[] => stub.seen.filter(({ url }) => url.includes('/_bulk'));

test('concurrent writes share bulks, and each gets the answer that it would get alone', async () => {
  await using stub = await Stub.start((seen, response, request) => {
    setTimeout(() => answering(seen, response, request), 30);
  });
  await using gateway = await startGateway([stub.url], ['--gather', 'on']);
  const alone = await put(gateway.url, '/a/_doc/first');
  assert.equal(bulksOf(stub).length, 0, 'the headers of an answer are learnt from the first one');
  const ids = Array.from({ length: 50 }, (_, n) => `d${n}`);
  const answers = await Promise.all(ids.map((id) => put(gateway.url, `/a/_doc/${id}`)));
  assert.ok(bulksOf(stub).length < 25, `${bulksOf(stub).length} bulks for 50 writes`);
  assert.equal(stub.seen.length - bulksOf(stub).length, 1);
  for (const [n, answer] of answers.entries()) {
    assert.equal(await answer.text(), JSON.stringify(written('created', ids[n] ?? '')));
    assert.deepEqual([answer.status, answer.headers.get('location')], [201, `/a/_doc/${ids[n]}`]);
    for (const name of ['content-type', 'x-elastic-product'])
      assert.equal(answer.headers.get(name), alone.headers.get(name));
  }
});

test('a gathered write that its application has left is not sent, and not again', { timeout: 10_000 }, async () => {
  const held: (() => void)[] = [];
  await using stub = await Stub.start(answering);
  await using gateway = await startGateway([stub.url], [], {
    backoff: { baseMs: 1, capMs: 2 },
    gather: { writes: 'on', inFlight: 2 },
  });
  await put(gateway.url, '/a/_doc/first');
  stub.answer = (_, response) => void held.push(() => sendJson(response, 503, {}));
  const gone = new AbortController();
  const answers: Promise<number | undefined>[] = [];
  // Two bulks may be under way, so the third write waits for one of them to end.
  for (const id of ['left', 'stays', 'waits']) {
    const answer = put(gateway.url, `/a/_doc/${id}`, '{"n":1}', {}, id === 'stays' ? null : gone.signal);
    answers.push(
      answer.then(
        ({ status }) => status,
        () => undefined,
      ),
    );
    await sleep(50);
  }
  gone.abort();
  await sleep(50);
  stub.answer = answering;
  for (const release of held) release();
  assert.deepEqual(await Promise.all(answers), [undefined, 201, undefined]);
  const ids = bulksOf(stub).map(({ body }) => /"_id":"(\w+)"/.exec(body.toString())?.[1]);
  assert.deepEqual(ids, ['left', 'stays', 'stays']);
});

test('what a bulk cannot say, or says for another user, goes by itself', async () => {
  await using stub = await Stub.start(answering);
  await using gateway = await startGateway([stub.url], ['--gather', 'on']);
  await put(gateway.url, '/a/_doc/first');
  await put(gateway.url, '/a/_doc/1?refresh=wait_for');
  await put(gateway.url, '/a/_doc/1?timeout=1s');
  await put(gateway.url, '/a/_doc/1?version=3&version_type=external');
  await put(gateway.url, '/a/_doc/1', '{"n":1}', { authorization: 'Basic eA==' });
  await put(gateway.url, '/a/_doc/1', '{"n":1}', { 'x-opaque-id': '1' });
  await put(gateway.url, '/a/_doc/1', '[1]');
  await put(gateway.url, '/a/_doc/1', '{"n":\n1}');
  await put(gateway.url, '/a/_doc/1', '{"n":1}\n');
  await put(gateway.url, '/%3Ca-%7Bnow%7D%3E/_doc/1');
  await put(gateway.url, '/a/_doc/a+b');
  assert.deepEqual(bulksOf(stub), []);
  await put(gateway.url, '/a/_doc/1?routing=r&pipeline=p&if_seq_no=1&if_primary_term=1&refresh=false', '{ "n":1}');
  const [bulk] = bulksOf(stub);
  const action = { _index: 'a', _id: '1', routing: 'r', pipeline: 'p', if_seq_no: 1, if_primary_term: 1 };
  assert.equal(bulk?.body.toString(), `${JSON.stringify({ index: action })}\n{ "n":1}\n`);
});

test('a document cannot smuggle another write into the bulk', async () => {
  await using stub = await Stub.start(answering);
  await using gateway = await startGateway([stub.url], ['--gather', 'on']);
  await put(gateway.url, '/a/_doc/first');
  await put(gateway.url, '/a/_doc/1', '{"n":1}\n{"delete":{"_index":"a","_id":"2"}}');
  await put(gateway.url, '/a/_doc/1', '{"n":"\n{\\"delete\\":{}}"}');
  assert.deepEqual(bulksOf(stub), []);
  await put(gateway.url, '/a/_doc/%0A%22%7D%7D%0A%7B%22delete%22%3A%7B%7D%7D');
  assert.equal(bulksOf(stub)[0]?.body.toString().trimEnd().split('\n').length, 2);
});

test('a write that is refused within a bulk is answered by the engine itself', async () => {
  await using stub = await Stub.start((seen, response) => {
    if (seen.url.startsWith('/a/_doc/refused'))
      sendJson(response, 400, { error: { root_cause: [{ type: 'x' }], type: 'x' }, status: 400 });
    else answering(seen, response, undefined as never);
  });
  await using gateway = await startGateway([stub.url], ['--gather', 'on']);
  await put(gateway.url, '/a/_doc/first');
  const answer = await put(gateway.url, '/a/_doc/refused');
  assert.deepEqual(
    [answer.status, await answer.json()],
    [400, { error: { root_cause: [{ type: 'x' }], type: 'x' }, status: 400 }],
  );
});

test('a fence is sent where it is asked for, and refused where it cannot be', async () => {
  await using stub = await Stub.start(answering);
  await using gateway = await startGateway([stub.url], ['--gather', 'off']);
  await put(gateway.url, '/a/_doc/1', '{"n":1}', { 'x-understudy-fence': '77' });
  await put(gateway.url, '/a/_doc/2', '{"n":1}', { 'x-understudy-fence': 'now' });
  const [alone, gathered] = stub.seen;
  assert.equal(alone?.url, '/a/_doc/1?version=77&version_type=external_gte');
  const action = JSON.parse(gathered?.body.toString().split('\n')[0] ?? '') as {
    index: { version: number; version_type: string };
  };
  assert.ok(action.index.version > 1e15 && action.index.version_type === 'external_gte');
  for (const [path, fence] of [
    ['/a/_doc/1', 'soon'],
    ['/a/_create/1', 'now'],
    ['/a/_doc/1?version=1&version_type=external', 'now'],
    ['/a/_search', 'now'],
    ['/a/_doc/1', '99999999999999999'],
  ] as const) {
    const refused = await put(gateway.url, path, '{"n":1}', { 'x-understudy-fence': fence });
    assert.equal(refused.status, 400, `${path} ${fence}`);
    assert.match(await refused.text(), /understudy_invalid_fence/);
  }
  assert.equal(stub.seen.length, 2);
});

for (const [isGathered, query] of [
  [false, ''],
  [true, ''],
  [false, '?refresh=wait_for&timeout=5s'],
  [true, '?refresh'],
] as const)
  test(`a create whose first answer is lost is answered as created, ${isGathered ? 'gathered' : 'by itself'} ${query}`, async () => {
    let creates = 0;
    await using stub = await Stub.start((seen, response) => {
      const isCreate = seen.url.startsWith('/a/_create/own') || seen.body.toString().includes('"create"');
      if (isCreate && creates++ === 0) return void response.socket?.destroy();
      const conflict = { type: 'version_conflict_engine_exception', reason: 'exists' };
      if (isCreate && seen.url.includes('_bulk'))
        return sendJson(response, 200, {
          errors: true,
          items: [{ create: { _index: 'a', _id: 'own', status: 409, error: conflict } }],
        });
      if (isCreate) return sendJson(response, 409, { error: conflict, status: 409 });
      if (seen.method === 'GET')
        return sendJson(response, 200, { ...written('', 'own'), found: true, _source: { n: 1 } });
      if (seen.url.includes('if_seq_no=7'))
        return sendJson(response, 200, { ...written('updated', 'own'), _version: 2 });
      return answering(seen, response, undefined as never);
    });
    await using gateway = await startGateway([stub.url], ['--gather', isGathered ? 'on' : 'off'], {
      backoff: { baseMs: 1, capMs: 2 },
      gather: { writes: isGathered ? 'on' : 'off' },
    });
    if (isGathered) await put(gateway.url, '/a/_doc/first');
    const answer = await put(gateway.url, `/a/_create/own${query}`);
    assert.deepEqual([answer.status, await answer.json()], [201, { ...written('created', 'own'), _version: 2 }]);
    assert.deepEqual([answer.headers.get('location'), creates], ['/a/_doc/own', 2]);
    const confirming = stub.seen.filter(({ url }) => url.includes('if_seq_no=7')).map(({ url }) => url);
    const refresh = query === '' ? undefined : query.includes('wait_for') ? 'wait_for' : 'true';
    assert.deepEqual(
      confirming.map((url) => new URL(url, 'http://stub').searchParams.get('refresh') ?? undefined),
      [refresh],
    );
    const other = await put(gateway.url, '/a/_create/own', '{"n":2}');
    assert.equal(other.status, 409, 'the work of somebody else stays a conflict');
  });

const conflict = { type: 'version_conflict_engine_exception', reason: 'another version' };

for (const [method, path, body, status] of [
  ['PUT', '/a/_doc/1?if_seq_no=6&if_primary_term=1', '{"n":1}', 500],
  ['PUT', '/a/_doc/1?if_seq_no=6&if_primary_term=1&refresh=wait_for', '{"n":1}', 500],
  ['POST', '/a/_update/1?if_seq_no=6&if_primary_term=1', '{"doc":{"n":1}}', 500],
  ['DELETE', '/a/_doc/1?if_seq_no=6&if_primary_term=1', null, 500],
  ['PUT', '/a/_doc/1?version=5&version_type=external', '{"n":1}', 409],
] as const)
  for (const isLost of [true, false])
    test(`a conflict ${isLost ? 'of a repeated' : 'at the first attempt of a'} write is answered with ${isLost ? status : 409}: ${method} ${path}`, async () => {
      let isFirst = true;
      await using stub = await Stub.start((seen, response) => {
        if (seen.url.includes('first')) return answering(seen, response, undefined as never);
        if (isFirst && isLost) {
          isFirst = false;
          return void response.socket?.destroy();
        }
        // Somebody has changed the document meanwhile, so nothing shows whose work the conflict was with.
        if (seen.method === 'GET')
          return sendJson(response, 200, { ...written('', '1'), found: true, _source: { n: 'other' } });
        const op = method === 'DELETE' ? 'delete' : 'index';
        const item = { [op]: { _index: 'a', _id: '1', status: 409, error: conflict } };
        if (seen.url.includes('/_bulk')) return sendJson(response, 200, { errors: true, took: 1, items: [item] });
        return sendJson(response, 409, { error: conflict, status: 409 });
      });
      await using gateway = await startGateway([stub.url], [], {
        backoff: { baseMs: 1, capMs: 2 },
        gather: { writes: 'on' },
      });
      await put(gateway.url, '/a/_doc/first');
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(gateway.url + path, { method, body, headers: body === null ? {} : headers });
      const { error } = (await answer.json()) as { error: { type: string; outcome?: string } };
      const expected = isLost ? status : 409;
      assert.deepEqual(
        [answer.status, error.type, error.outcome],
        expected === 409 ? [409, conflict.type, undefined] : [500, 'understudy_outcome_unknown', 'unknown'],
      );
    });
