// Each condition is made on a real cluster, read, repaired by the order or request that repairs it, and read again.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  clearSettings,
  clearVotingExclusions,
  conditions,
  leftovers,
  openIndex,
  removeIndexBlock,
  retryFailedAllocation,
  type ClusterConditions,
} from '../../src/cluster/index.ts';
import type { IndexCondition } from '../../src/cluster/index.ts';
import type { Seen } from '@understudy/foundation';
import { noEngine, RealCluster } from './real-cluster.ts';

function value<Value>(thing: Seen<Value>): Value {
  assert.equal(thing.state, 'seen', JSON.stringify(thing));
  return (thing as { value: Value }).value;
}

/** Reads until it is so: what the engine does by itself takes its time. */
async function until(
  cluster: RealCluster,
  holds: (now: ClusterConditions) => boolean,
  withinMs = 120_000,
): Promise<ClusterConditions> {
  const end = Date.now() + withinMs;
  for (;;) {
    const now = await conditions(cluster.running(), ['documents']);
    if (holds(now) || Date.now() > end) return now;
    await sleep(1000);
  }
}

test('conditions are read from a real cluster', { skip: noEngine, timeout: 900_000 }, async (t) => {
  await using cluster = await RealCluster.start(['n1', 'n2', 'n3']);
  const { transport } = cluster.running();
  const set = (persistent: object): Promise<unknown> => cluster.ask('PUT', '/_cluster/settings', { persistent });
  const read = (): Promise<ClusterConditions> => conditions(cluster.running(), ['documents']);
  const ours = (all: readonly IndexCondition[]) => all.find((index) => index.ours);
  const green = (): Promise<unknown> => cluster.ask('GET', '/_cluster/health?wait_for_status=green&timeout=60s');

  await t.test('an index that is missing, and then an empty cluster', async () => {
    assert.ok(!value((await read()).indices).some(({ ours }) => ours));
    await cluster.ask('PUT', '/documents', { settings: { number_of_shards: 2, number_of_replicas: 1 } });
    await cluster.ask('PUT', '/foreign', { settings: { number_of_replicas: 2, 'index.hidden': true } });
    await green();
    const now = await read();
    assert.deepEqual(value(now.blocks), []);
    assert.deepEqual(value(now.leftovers), []);
    assert.deepEqual(value(now.votingExclusions), []);
    assert.deepEqual(value(now.unassigned), []);
    assert.deepEqual(value(now.shardLimit), { copies: 7, limit: 3000, perNode: 1000 });
    assert.deepEqual(
      value(now.indices).map(({ name, ours, status, closed }) => [name, ours, status, closed]),
      [
        ['documents', true, 'green', false],
        ['foreign', false, 'green', false],
      ],
    );
    assert.deepEqual(Object.keys(value(now.versions)), ['n1', 'n2', 'n3']);
    assert.equal(new Set(Object.values(value(now.versions))).size, 1);
    assert.deepEqual(
      value(now.disks)
        .map(({ node }) => node)
        .sort(),
      ['n1', 'n2', 'n3'],
    );
  });

  await t.test('blocks of an index and of the cluster', async () => {
    await cluster.ask('PUT', '/documents/_block/write');
    await set({ 'cluster.blocks.read_only_allow_delete': true });
    const now = value((await read()).blocks);
    assert.deepEqual(now.map(({ index = 'cluster', setting }) => [index, setting]).sort(), [
      ['cluster', 'cluster.blocks.read_only_allow_delete'],
      ['documents', 'index.blocks.write'],
    ]);
    assert.deepEqual(now.find(({ index }) => index === 'documents')?.refuses, ['write']);
    await clearSettings(transport, ['cluster.routing.rebalance.enable', 'cluster.blocks.read_only_allow_delete']);
    await removeIndexBlock(transport, 'documents', 'index.blocks.write');
    assert.deepEqual(value((await read()).blocks), []);
    await cluster.ask('PUT', '/documents/_doc/1', { written: true });
  });

  await t.test('an index that is closed', async () => {
    await cluster.ask('POST', '/documents/_close');
    assert.equal(ours(value((await read()).indices))?.closed, true);
    await openIndex(transport, 'documents');
    await green();
    assert.equal(ours(value((await read()).indices))?.closed, false);
  });

  await t.test('settings that were left behind, and nodes without a vote', async () => {
    const set_ = {
      'cluster.routing.allocation.enable': 'primaries',
      'cluster.routing.rebalance.enable': 'none',
      'cluster.routing.allocation.exclude._ip': '10.0.0.9',
      'cluster.routing.allocation.require.zone': 'a',
    };
    await set({ ...set_, 'cluster.routing.allocation.exclude._name': 'gone' });
    await cluster.ask('PUT', '/_cluster/settings', {
      transient: { 'cluster.routing.allocation.exclude._name': 'n9,n8' },
    });
    await cluster.ask('POST', '/_cluster/voting_config_exclusions?node_names=n3');
    const now = await read();
    assert.deepEqual(
      value(now.leftovers)
        .map(({ setting, value: of, origin }) => `${origin} ${setting}=${of}`)
        .sort(),
      [
        ...Object.entries(set_).map(([name, of]) => `persistent ${name}=${of}`),
        'transient cluster.routing.allocation.exclude._name=n9,n8',
      ].sort(),
    );
    assert.deepEqual(value(now.votingExclusions), ['n3']);
    await clearSettings(
      transport,
      (await leftovers(transport)).map(({ setting }) => setting),
    );
    await clearVotingExclusions(transport);
    const after = await read();
    assert.deepEqual(value(after.leftovers), []);
    assert.deepEqual(value(after.votingExclusions), []);
  });

  await t.test('the limit of shards', async () => {
    await set({ 'cluster.max_shards_per_node': 2 });
    assert.deepEqual(value((await read()).shardLimit), { copies: 7, limit: 6, perNode: 2 });
    await clearSettings(transport, ['cluster.max_shards_per_node']);
  });

  await t.test('a copy that the engine stopped trying to allocate is retried on request', async () => {
    const on = { 'index.routing.allocation.require._name': 'n1' };
    await cluster.ask('PUT', '/broken', { settings: { number_of_shards: 1, number_of_replicas: 0, ...on } });
    const { broken } = await cluster.ask<{ broken: { settings: { index: { uuid: string } } } }>(
      'GET',
      '/broken/_settings',
    );
    const blocker = join(cluster.dataOf('n2'), 'indices', broken.settings.index.uuid);
    await writeFile(blocker, 'a file where the engine wants a folder');
    const wider = {
      'index.routing.allocation.require._name': null,
      'index.routing.allocation.include._name': 'n1,n2',
    };
    await cluster.ask('PUT', '/broken/_settings', { ...wider, 'index.number_of_replicas': 1 });
    const now = await until(
      cluster,
      ({ unassigned }) => unassigned.state === 'seen' && unassigned.value.some(({ givenUp }) => givenUp),
    );
    const [copy, ...more] = value(now.unassigned);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [copy?.index, copy?.primary, copy?.reason, copy?.givenUp],
      ['broken', false, 'ALLOCATION_FAILED', true],
    );
    assert.match(
      copy?.sentence ?? '',
      /^broken\[0\], a replica, is unassigned \(ALLOCATION_FAILED\), after 5 failed attempts .*max_retry/s,
    );
    assert.doesNotMatch(copy?.sentence ?? '', /manually/);
    assert.deepEqual(
      value(now.indices)
        .filter(({ status }) => status !== 'green')
        .map(({ name }) => name),
      ['broken'],
    );
    await rm(blocker);
    await retryFailedAllocation(transport);
    await green();
    assert.deepEqual(value((await read()).unassigned), []);
  });

  await t.test('a recovery that has begun is not one that waits', async () => {
    const on = { 'index.routing.allocation.include._name': 'n1', number_of_shards: 1, number_of_replicas: 0 };
    await cluster.ask('PUT', '/slow', { settings: on });
    await cluster.ask('PUT', '/slow/_doc/1?refresh=true', { text: 'word '.repeat(2000), more: randomUUID() });
    await cluster.ask('POST', '/slow/_flush');
    await set({ 'indices.recovery.max_bytes_per_sec': '1kb' });
    const wider = { 'index.routing.allocation.include._name': 'n1,n2', 'index.number_of_replicas': 1 };
    await cluster.ask('PUT', '/slow/_settings', wider);
    const raw = (): Promise<Record<string, { shards: { stage: string }[] }>> =>
      cluster.ask('GET', '/slow/_recovery?active_only=true');
    const end = Date.now() + 30_000;
    while ((await raw())['slow']?.shards[0]?.stage !== 'INDEX') assert.ok(Date.now() < end, 'it never began');
    assert.deepEqual(value((await read()).recoveries), []);
    assert.equal((await raw())['slow']?.shards[0]?.stage, 'INDEX', 'it was over before it was read');
    await clearSettings(transport, ['indices.recovery.max_bytes_per_sec']);
    await cluster.ask('DELETE', '/slow');
  });

  await t.test('disks above their watermarks, and the block that the engine sets and removes', async () => {
    const marks = (low: string, high: string, flood: string): object => ({
      'cluster.info.update.interval': '10s',
      'cluster.routing.allocation.disk.watermark.low': low,
      'cluster.routing.allocation.disk.watermark.high': high,
      'cluster.routing.allocation.disk.watermark.flood_stage': flood,
    });
    await set(marks('1%', '2%', '3%'));
    const flood = 'index.blocks.read_only_allow_delete';
    const blocked = (now: ClusterConditions): boolean =>
      now.blocks.state === 'seen' && now.blocks.value.some(({ setting }) => setting === flood);
    const full = await until(cluster, blocked);
    assert.ok(value(full.blocks).some(({ index, setting }) => index === 'documents' && setting === flood));
    assert.deepEqual(
      value(full.disks).map(({ above }) => above),
      ['flood', 'flood', 'flood'],
    );
    await set(marks('1b', '1b', '1b'));
    const free = await until(cluster, (now) => !blocked(now));
    assert.deepEqual(value(free.blocks), []);
    assert.deepEqual(
      value(free.disks).map(({ above }) => above),
      [undefined, undefined, undefined],
    );
    assert.equal(value(free.watermarks).flood.freeBytes, 1);
  });

  await t.test('copies of a lost node have a reason, and an unread part hides no other', async () => {
    await cluster.stop('n3');
    // The parts of one look are questions of their own: the node can be gone from one answer and not yet from the next.
    const now = await until(
      cluster,
      ({ versions, unassigned }) =>
        versions.state === 'seen' &&
        Object.keys(versions.value).length === 2 &&
        unassigned.state === 'seen' &&
        unassigned.value.length > 0,
    );
    assert.deepEqual(Object.keys(value(now.versions)), ['n1', 'n2']);
    const copies = value(now.unassigned);
    const kinds = copies.map(({ reason, primary }) => `${primary ? 'primary' : 'replica'} ${reason}`);
    assert.deepEqual([...new Set(kinds)], ['replica NODE_LEFT']);
    assert.match(copies[0]?.sentence ?? '', /\(NODE_LEFT\)/);
    const half = cluster.running();
    const deaf: typeof half = {
      ...half,
      transport: {
        ...half.transport,
        request: (method, path, ...more) =>
          half.transport.request(method, path.startsWith('/_cat/allocation') ? '/_cat/nothing' : path, ...more),
      },
    };
    const partly = await conditions(deaf, ['documents']);
    assert.equal(partly.disks.state, 'unknown');
    assert.equal(partly.blocks.state, 'seen');
  });
});
