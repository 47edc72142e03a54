// What real applications hold over several requests, and bulks, while a node of a real cluster dies or freezes: through the gateway.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@elastic/elasticsearch';
import { startGateway, type RunningGateway } from '../harness/running.ts';
import { findEngine, startEngines, type TestEngine } from '../../../service/test/harness/engine.ts';

const found = await findEngine();

interface BulkAnswer {
  readonly errors: boolean;
  readonly items: readonly { readonly index: { readonly _id: string; readonly status: number } }[];
}

describe('a node dies', { skip: 'missing' in found ? found.missing : false }, () => {
  let engine: TestEngine;
  let gateway: RunningGateway;
  let client: Client;

  before(async () => {
    if ('missing' in found) return;
    engine = await startEngines(found, 3);
    gateway = await startGateway(engine.urls, ['--divide-bulks', '2']);
    client = new Client({ node: gateway.url, maxRetries: 0 });
  });

  after(async () => {
    await client.close();
    await gateway[Symbol.asyncDispose]();
    await engine.stop();
  });

  const create = async (index: string, shards: number, replicas: number, node?: string): Promise<void> => {
    await client.indices.create({
      index,
      wait_for_active_shards: 'all',
      settings: {
        number_of_shards: shards,
        number_of_replicas: replicas,
        ...(node && { 'index.routing.allocation.require._name': node }),
      },
    });
  };

  const bulk = async (index: string, ids: readonly string[], deadlineMs: number): Promise<BulkAnswer> => {
    const body = ids.map((id) => `{"index":{"_id":"${id}"}}\n{"n":1}\n`).join('');
    const headers = { 'content-type': 'application/x-ndjson', 'x-understudy-deadline-ms': String(deadlineMs) };
    const answer = await fetch(`${gateway.url}/${index}/_bulk`, { method: 'POST', body, headers });
    const text = await answer.text();
    assert.equal(answer.status, 200, text.slice(0, 500));
    return JSON.parse(text) as BulkAnswer;
  };

  const ids = (name: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${name}-${n}`);

  /** The process of a node; nodes are called n1, n2 and so on, in the order of their addresses. */
  const processOf = (name: string): number => engine.pids[Number(name.slice(1)) - 1] ?? assert.fail(name);

  it('frozen: only the items whose primary it holds fail, at the deadline, and all are there when it is back', async () => {
    await create('frozen', 3, 0);
    // The first bulks teach the gateway where the shards are.
    for (const name of ['a', 'b', 'c', 'd']) {
      assert.equal((await bulk('frozen', ids(name, 30), 10_000)).errors, false);
      await sleep(100);
    }
    const shards = await client.cat.shards({ index: 'frozen', format: 'json', h: ['shard', 'node'] });
    const [first] = shards;
    assert.equal(new Set(shards.map(({ node }) => node)).size, 3, 'each node has one of the shards');
    const pid = processOf(String(first?.node));
    process.kill(pid, 'SIGSTOP');
    let answer: BulkAnswer;
    try {
      answer = await bulk('frozen', ids('frozen', 60), 4000);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const count = (status: number): number => answer.items.filter(({ index }) => index.status === status).length;
    assert.equal(answer.errors, true);
    assert.ok(count(201) >= 20 && count(201) < 60, `${count(201)} of 60 items were written`);
    assert.equal(count(201) + count(504), 60);
    assert.deepEqual(
      answer.items.map(({ index }) => index._id),
      ids('frozen', 60),
    );
    assert.equal((await bulk('frozen', ids('frozen', 60), 20_000)).errors, false);
  });

  it('killed: no bulk fails, and each document is there once; a scroll and a point in time that other nodes hold go on', async () => {
    await create('copied', 3, 1);
    await create('kept', 1, 0, 'n1');
    const written = ids('kept', 100);
    assert.equal((await bulk('kept', written, 10_000)).errors, false);
    await client.indices.refresh({ index: 'kept' });
    for (const name of ['a', 'b']) {
      await bulk('copied', ids(name, 30), 10_000);
      await sleep(100);
    }
    const opened = await client.search({ index: 'kept', scroll: '2m', size: 10, sort: ['_doc'] });
    const { id: pit } = await client.openPointInTime({ index: 'kept', keep_alive: '2m' });
    const scrolled = opened.hits.hits.map(({ _id }) => _id);
    process.kill(processOf('n3'), 'SIGKILL');
    const before = gateway.gateway.forwarder.metrics().counters.retries;
    for (let round = 0; round < 10; round++) {
      const answer = await bulk('copied', ids(`round-${round}`, 60), 30_000);
      assert.equal(answer.errors, false, JSON.stringify(answer.items).slice(0, 500));
    }
    assert.ok(gateway.gateway.forwarder.metrics().counters.retries > before, 'something was repeated');
    for (let scrollId = opened._scroll_id; scrolled.length < 100;) {
      const page = await client.scroll({ scroll_id: String(scrollId), scroll: '2m' });
      assert.ok(page.hits.hits.length > 0, `the scroll ended after ${scrolled.length} documents`);
      scrolled.push(...page.hits.hits.map(({ _id }) => _id));
      scrollId = page._scroll_id;
    }
    assert.deepEqual(scrolled.sort(), [...written].sort());
    const found = await client.search({ pit: { id: pit }, size: 100, query: { match_all: {} } });
    assert.equal(found.hits.hits.length, 100);
    await client.indices.refresh({ index: 'copied' });
    assert.equal((await client.count({ index: 'copied' })).count, 660);
  });

  it('killed with its contexts: the engine says so, and nothing hangs', async () => {
    const opened = await client.search({ index: 'kept', scroll: '2m', size: 10, sort: ['_doc'] });
    process.kill(processOf('n1'), 'SIGKILL');
    const startedMs = performance.now();
    const ended = await client.scroll({ scroll_id: String(opened._scroll_id), scroll: '2m' }).then(
      () => 200,
      (error: unknown) => (error as { statusCode?: number }).statusCode,
    );
    assert.ok(ended !== undefined && ended >= 404, `the scroll ended with ${ended}`);
    assert.ok(performance.now() - startedMs < 20_000);
  });
});
