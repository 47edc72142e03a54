// Failover against three real engines on loopback: one killed, one frozen, each restarted in turn, under an open-loop load.
// A trial, not a test: minutes long, and its gaps belong to a quiet machine. Run it with `node --test`; needs an engine and Java 21.
import { after, before, test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Client } from '@understudy/client';
import { floorMod, routingHash } from '../../src/gather/murmur3.ts';
import { EngineCluster } from './cluster.ts';
import { findEngine } from './engine-home.ts';
import { Load, type LoadReport, type Operation } from './load.ts';

const engine = findEngine();
const skip = typeof engine === 'string' ? engine : false;
const shards = 3;
const frozenMs = Number(process.env['FREEZE_MS'] ?? 45_000);
const perSecond = Number(process.env['LOAD_PER_SECOND'] ?? 20);

/** Checks of 1 s, three of them, and 3 s for a publication: what the time frozen is measured with. */
const settings = [
  'cluster.fault_detection.leader_check.timeout=1s',
  'cluster.fault_detection.follower_check.timeout=1s',
  'cluster.publish.timeout=3s',
  ...(process.env['ENGINE_SETTINGS']?.split(',') ?? []),
];

let cluster: EngineCluster;
const ids: string[][] = [[], [], []];

before(
  async () => {
    if (typeof engine === 'string') return;
    cluster = new EngineCluster(engine, { nodes: 3, port: 19460, settings });
    await cluster.start();
    await cluster.ask('/trial', 'PUT', { settings: { number_of_shards: shards, number_of_replicas: 1 } });
    for (let n = 0; n < 900; n++) ids[floorMod(routingHash(`k${n}`), shards)]!.push(`k${n}`);
  },
  { timeout: 300_000 },
);

after(
  async () => {
    if (typeof engine !== 'string') await cluster.stop();
  },
  { timeout: 60_000 },
);

function operations(): Record<string, Operation> {
  const all: Record<string, Operation> = {};
  for (let shard = 0; shard < shards; shard++) {
    const own = ids[shard]!;
    const id = (n: number): string => own[n % own.length]!;
    all[`write ${shard}`] = async (client, n) => {
      await client.index({ index: 'trial', id: id(n), document: { n, text: 'trial' } });
      return id(n);
    };
    all[`get ${shard}`] = async (client, n) => {
      await client.get({ index: 'trial', id: id(n) });
      return undefined;
    };
  }
  all['search'] = async (client) => {
    await client.search({ index: 'trial', body: { query: { match: { text: 'trial' } }, size: 5 } });
    return undefined;
  };
  return all;
}

/** Which node holds which copy: a shard without a copy on the faulty node should feel nothing. */
async function layout(): Promise<string> {
  const copies = (await cluster.ask('/_cat/shards/trial?format=json&h=shard,prirep,node')) as Record<string, string>[];
  return `master n${(await cluster.master()) + 1}; ${copies.map(({ shard, prirep, node }) => `${shard}${prirep}@${node}`).join(' ')}`;
}

async function trial(t: TestContext, fault: (client: Client) => Promise<void>): Promise<LoadReport> {
  await cluster.waitFor(3);
  const client = createClient({ nodes: cluster.urls });
  t.after(() => client.close());
  const say = (what: string): void => t.diagnostic(`${new Date().toISOString().slice(14, 23)} ${what}`);
  client.on('node', ({ node, from, to, reason }) => {
    if (from !== 'suspect' || to !== 'up') say(`${node} ${to}: ${reason}`);
  });
  client.on('lanes', ({ kind, divided }) => say(`lanes of ${kind}s ${divided ? 'divided' : 'shared'}`));
  client.on('gathering', ({ kind, on }) => say(`gathering of ${kind}s ${on ? 'on' : 'off'}`));
  const load = new Load(client, { perSecond, operations: operations() });
  load.start();
  await sleep(8000);
  say(await layout());
  await fault(client);
  const report = await load.stop();
  for (const [lane, { done, failed, longestGapMs, p50Ms, p99Ms, maxMs }] of Object.entries(report.lanes)) {
    t.diagnostic(
      `${lane}: ${done} done, ${failed} failed, longest gap ${longestGapMs} ms, p50 ${p50Ms} ms, p99 ${p99Ms} ms, max ${maxMs} ms`,
    );
  }
  t.diagnostic(`generator lag ${report.lagMs} ms; ${JSON.stringify(client.metrics().counters)}`);
  assert.deepEqual(report.errors, {}, 'no request failed');
  await cluster.waitFor(3);
  const read = await client.request<{ docs: { found: boolean }[] }>({
    method: 'POST',
    path: '/trial/_mget',
    safety: 'read',
    body: { ids: [...report.acknowledged] },
  });
  assert.equal(read.body.docs.filter(({ found }) => !found).length, 0, 'no acknowledged write is lost');
  return report;
}

test('the master killed', { skip, timeout: 300_000 }, async (t) => {
  const master = skip ? 0 : await cluster.master();
  await trial(t, async () => {
    await cluster.stopNode(master, 'SIGKILL');
    await sleep(10_000);
    cluster.startNode(master);
    await cluster.waitFor(3);
  });
});

test('a data node killed', { skip, timeout: 300_000 }, async (t) => {
  const master = skip ? 0 : await cluster.master();
  const victim = (master + 1) % 3;
  await trial(t, async () => {
    await cluster.stopNode(victim, 'SIGKILL');
    await sleep(10_000);
    cluster.startNode(victim);
    await cluster.waitFor(3);
  });
});

test('the master frozen', { skip, timeout: 300_000 }, async (t) => {
  const master = skip ? 0 : await cluster.master();
  await trial(t, async () => {
    cluster.signal(master, 'SIGSTOP');
    await sleep(frozenMs);
    cluster.signal(master, 'SIGCONT');
    await sleep(5000);
  });
});

test('each node restarted in turn', { skip, timeout: 400_000 }, async (t) => {
  await trial(t, async () => {
    for (let node = 0; node < 3; node++) {
      await cluster.stopNode(node);
      cluster.startNode(node);
      await cluster.waitFor(3);
    }
  });
});
