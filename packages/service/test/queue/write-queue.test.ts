// The queue for writes, from outside: a real engine that is stopped or cut off, and processes that are killed.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { eventually, word, type Call, type Exchange } from '../contract/call.ts';
import { behindProxy } from '../harness/behind-proxy.ts';
import { findEngine } from '../harness/engine.ts';
import type { RunningService } from '../harness/implementations.ts';

const found = await findEngine();
const queued = { prefer: 'respond-async, wait=1' };

/** Process ids of the workers that said they are ready. */
function workersOf(output: string): number[] {
  return [...output.matchAll(/"worker":(\d+),"msg":"worker ready"/g)].map(([, pid]) => Number(pid));
}

describe('the queue for writes', { skip: 'missing' in found ? found.missing : false }, () => {
  const setup = behindProxy(found);
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'understudy-queue-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  /** A service with a queue of its own, or, given the same `name`, that of another one before it. */
  async function start(
    name: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<RunningService & { call: Call }> {
    return await setup.start({
      ES_HOSTS: setup.proxy.url,
      QUEUE_DIR: join(directory, name),
      DEADLINE_MS: '8000',
      ...more,
    });
  }

  function write(call: Call, id: string, data: string): Promise<Exchange> {
    return call('POST', '/index', { json: { id, data }, headers: queued });
  }

  async function dataOf(call: Call, id: string): Promise<unknown> {
    const { json } = await call('GET', `/documents/${id}`);
    return (json as { _source?: { data: unknown } })._source?.data;
  }

  /** The metrics, which leave out a worker that has no time to answer. */
  async function shows(call: Call, line: RegExp): Promise<void> {
    const page = await eventually(
      () => call('GET', '/metrics'),
      ({ text }) => line.test(text),
    );
    assert.match(page.text, line);
  }

  /** Until every queue file of the directory is gone: all was carried out. */
  async function emptied(name: string): Promise<void> {
    const end = Date.now() + 60_000;
    for (;;) {
      const files = await readdir(join(directory, name));
      if (files.length === 0) return;
      assert.ok(Date.now() < end, `left after a minute: ${files.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  it('keeps what it confirmed through kill -9 of all processes and a torn record, and carries it out', async () => {
    const first = await start('a', { WORKERS: '2' });
    await setup.engine.halt();
    const ids = Array.from({ length: 60 }, () => word());
    const answers = await Promise.all(ids.map((id) => write(first.call, id, `of ${id}`)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      ids.map(() => 202),
    );
    const [answer] = answers as [Exchange];
    assert.equal(answer.headers.get('location'), `/documents/${ids[0]}`);
    assert.equal(answer.headers.get('preference-applied'), 'respond-async');
    const { _version, ...result } = answer.json as Record<string, unknown>;
    assert.deepEqual(result, { _index: 'documents', _id: ids[0], result: 'queued' });
    assert.ok(Number.isSafeInteger(_version));

    // A worker learns of the other one's share within a second.
    const ready = await eventually(
      () => first.call('GET', '/readyz'),
      ({ json }) => (json as { queue: { bytes: number } }).queue.bytes > 60 * 100,
    );
    assert.equal(ready.status, 429);
    assert.ok((ready.json as { queue: { bytes: number } }).queue.bytes > 60 * 100, ready.text);
    await shows(first.call, /^service_queue_accepted_total 60$/m);
    await shows(first.call, /^service_queue_pending 60$/m);

    for (const pid of [first.process.pid as number, ...workersOf(first.output())]) process.kill(pid, 'SIGKILL');
    const files = await readdir(join(directory, 'a'));
    await appendFile(join(directory, 'a', files[0] as string), '0badc0de {"fence":1,"document":{"id":"to');

    const second = await start('a');
    await setup.engine.resume();
    await emptied('a');
    for (const id of ids) assert.equal(await dataOf(second.call, id), `of ${id}`);
    const { json } = await second.call('GET', `/documents/${ids[0]}`);
    assert.equal((json as { _version: number })._version, _version);
    assert.match(second.output(), /"damaged":1,"msg":"took over the queue/);
    await shows(second.call, /^service_queue_settled_total\{outcome="written"\} 60$/m);
    await shows(second.call, /^service_queue_settled_total\{outcome="damaged"\} 1$/m);
  });

  it('is taken over by the other workers when one is killed', async () => {
    const { call, output } = await start('a', { WORKERS: '2' });
    await eventually(
      () => call('GET', '/healthz'),
      () => workersOf(output()).length === 2,
    );
    await setup.proxy.shut();
    const ids = Array.from({ length: 20 }, () => word());
    for (const { status } of await Promise.all(ids.map((id) => write(call, id, id)))) assert.equal(status, 202);
    const before = await readdir(join(directory, 'a'));
    assert.equal(before.length, 2, 'each worker has a file');
    process.kill(workersOf(output())[0] as number, 'SIGKILL');
    await setup.proxy.open();
    await emptied('a');
    for (const id of ids) assert.equal(await dataOf(call, id), id);
    assert.match(output(), /took over the queue/);
  });

  it('keeps the order of the writes to one document', async () => {
    const { call } = await start('a');
    await setup.proxy.shut();
    const id = word();
    for (let n = 1; n <= 5; n += 1) assert.equal((await write(call, id, `version ${n}`)).status, 202);
    const lines = [1, 2, 3].map((n) => JSON.stringify({ id: `${id}-bulk`, data: `line ${n}` }));
    const headers = { ...queued, 'content-type': 'application/x-ndjson' };
    const bulk = await call('POST', '/bulk', { body: lines.join('\n'), headers });
    const { failed, lines: results } = bulk.json as { failed: number; lines: { status: number }[] };
    assert.deepEqual([failed, results.map(({ status }) => status)], [0, [202, 202, 202]]);
    await setup.proxy.open();
    await emptied('a');
    assert.equal(await dataOf(call, id), 'version 5');
    assert.equal(await dataOf(call, `${id}-bulk`), 'line 3');
  });

  it('never overwrites a write that was acknowledged later, nor restores a deleted document', async () => {
    const late = await start('late');
    await setup.proxy.shut();
    const [changed, deleted, untouched] = [word(), word(), word()];
    for (const id of [changed, deleted, untouched]) assert.equal((await write(late.call, id, 'old')).status, 202);
    // It is gone while the engine comes back, and another machine writes.
    await late.stop();
    await setup.proxy.open();
    const other = await start('other');
    await eventually(
      () => other.call('GET', '/readyz'),
      ({ status }) => status === 200,
    );
    assert.equal((await write(other.call, changed, 'new')).status, 201);
    await other.call('POST', '/index', { json: { id: deleted, data: 'short-lived' } });
    assert.equal((await other.call('DELETE', `/documents/${deleted}`)).status, 204);
    const again = await start('late');
    await emptied('late');
    assert.equal(await dataOf(again.call, changed), 'new');
    assert.equal((await again.call('GET', `/documents/${deleted}`)).status, 404);
    assert.equal(await dataOf(again.call, untouched), 'old');
    await shows(again.call, /^service_queue_settled_total\{outcome="superseded"\} 2$/m);
  });

  it('is bounded: a full one refuses with Retry-After, and accepts again after its writes were carried out', async () => {
    const { call } = await start('a', { QUEUE_BYTES: String(1024 * 1024) });
    await setup.proxy.shut();
    const text = 'x'.repeat(100_000);
    const statuses: number[] = [];
    let last: Exchange;
    do {
      last = await write(call, word(), text);
      statuses.push(last.status);
    } while (last.status === 202);
    // The text is kept twice: as it was sent, and as it is searched.
    assert.equal(statuses.length, 6);
    assert.equal(last.status, 429);
    assert.equal((last.json as { code: string }).code, 'queue-full');
    assert.match(last.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    await shows(call, /^service_queue_refused_total\{reason="full"\} 1$/m);
    await setup.proxy.open();
    await emptied('a');
    await setup.proxy.shut();
    assert.equal((await write(call, word(), text)).status, 202);
  });

  it('keeps writes while the index is closed or read-only, and loses none that meets the block later', async () => {
    const { call } = await start('a');
    const send = async (method: string, path: string, body?: unknown): Promise<void> => {
      const headers = { 'content-type': 'application/json' };
      const request = { method, headers, body: body === undefined ? null : JSON.stringify(body) };
      const answer = await fetch(setup.engine.url + path, request);
      assert.ok(answer.ok, await answer.text());
    };
    await setup.proxy.shut();
    const [earlier, blocked] = [word(), word()];
    assert.equal((await write(call, earlier, 'before the block')).status, 202);
    await send('POST', '/documents/_close');
    try {
      await setup.proxy.open();
      await eventually(
        () => call('GET', '/readyz'),
        ({ status }) => status === 200,
      );
      // Accepted at once, long before the time that it would wait for the engine.
      const start = performance.now();
      assert.equal((await write(call, blocked, 'during the block')).status, 202);
      assert.ok(performance.now() - start < 900);
      // The queue looks every second or so.
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await shows(call, /^service_queue_pending 2$/m);
      await shows(call, /^service_queue_settled_total\{outcome="refused"\} 0$/m);
    } finally {
      await send('POST', '/documents/_open?wait_for_active_shards=all');
    }
    await send('PUT', '/documents/_settings', { 'index.blocks.read_only_allow_delete': true });
    try {
      assert.equal((await write(call, `${blocked}-full`, 'full disk')).status, 202);
    } finally {
      await send('PUT', '/documents/_settings', { 'index.blocks.read_only_allow_delete': null });
    }
    await emptied('a');
    assert.equal(await dataOf(call, earlier), 'before the block');
    assert.equal(await dataOf(call, blocked), 'during the block');
    assert.equal(await dataOf(call, `${blocked}-full`), 'full disk');
  });

  it('queues nothing for callers who did not ask for it, nothing while the engine answers, and nothing that is invalid', async () => {
    const { call } = await start('a', { DEADLINE_MS: '1500' });
    assert.equal((await write(call, word(), 'text')).status, 201);
    await setup.proxy.shut();
    assert.equal((await call('POST', '/index', { json: { id: word(), data: 'text' } })).status, 429);
    assert.equal((await call('POST', '/index', { json: { id: word() }, headers: queued })).status, 400);
    assert.deepEqual(await readdir(join(directory, 'a')), []);
    const without = await setup.start({ ES_HOSTS: setup.proxy.url, DEADLINE_MS: '1500' });
    assert.equal((await write(without.call, word(), 'text')).status, 429);
  });

  it('needs a directory that it can write to', async () => {
    const nowhere = join(directory, 'none/queue');
    await assert.rejects(start('a', { QUEUE_DIR: nowhere }), /cannot keep a queue in QUEUE_DIR .*none\/queue: ENOENT/);
    await assert.rejects(start('a', { QUEUE_DIR: 'queue' }), /QUEUE_DIR is 'queue'; it must be an absolute path/);
  });
});
