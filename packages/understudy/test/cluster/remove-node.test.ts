// A node leaves a real cluster of three, under writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { membership, removeNode, shards, type NodeRemoval } from '../../src/cluster/index.ts';
import { writeAllTheWhile } from './acknowledged-writes.ts';
import { noEngine, RealCluster } from './real-cluster.ts';

const names = ['n1', 'n2', 'n3'];

/** Copies by node, for what a removal must not have changed. */
async function places(cluster: RealCluster): Promise<string[]> {
  const copies = await shards(cluster.running().transport);
  return copies.map(({ index, shard, primary, state, node }) => `${index} ${shard} ${primary} ${state} ${node}`);
}

async function traces(cluster: RealCluster): Promise<unknown> {
  const { persistent, transient } = await cluster.ask<Record<string, object>>('GET', '/_cluster/settings');
  const { transport, dialect } = cluster.running();
  return { persistent, transient, excluded: (await membership(transport, dialect)).votingExclusions };
}

function removalOf(cluster: RealCluster, node: string, nodes: readonly string[], said: string[] = []): NodeRemoval {
  return {
    node,
    nodes,
    stop: () => cluster.stop(node),
    remove: () => cluster.remove(node),
    onProgress: (text) => said.push(text),
  };
}

test('nodes are removed permanently from a real cluster', { skip: noEngine, timeout: 900_000 }, async (t) => {
  await using cluster = await RealCluster.start(names);
  const none = { persistent: {}, transient: {}, excluded: [] };
  await cluster.ask('PUT', '/documents', { settings: { number_of_shards: 3, number_of_replicas: 1 } });
  await cluster.ask('PUT', '/single', { settings: { number_of_shards: 2, number_of_replicas: 0 } });
  await cluster.ask('PUT', '/single/_doc/1?refresh=true', { kept: true });
  await cluster.awaitNodes(3);

  await t.test('refused while an index has a copy on each, and nothing is changed', async () => {
    await cluster.ask('PUT', '/.everywhere', { settings: { number_of_replicas: 2, 'index.hidden': true } });
    await cluster.ask('GET', '/_cluster/health?wait_for_status=green&wait_for_no_relocating_shards=true');
    const before = await places(cluster);
    await assert.rejects(removeNode(cluster.running(), removalOf(cluster, 'n2', names)), (error: Error) => {
      assert.equal((error as Error & { code: string }).code, 'cluster-copies-do-not-fit');
      assert.match(
        error.message,
        /\.everywhere has 3 copies of each shard, which need 3 data nodes; those that would stay: 2 \(n1, n3\)/,
      );
      return true;
    });
    assert.deepEqual(await places(cluster), before);
    assert.deepEqual(await traces(cluster), none);
    await cluster.ask('DELETE', '/.everywhere');
  });

  await t.test('refused while allocation is limited', async () => {
    const limit = (value: string | null) =>
      cluster.ask('PUT', '/_cluster/settings', { persistent: { 'cluster.routing.allocation.enable': value } });
    await limit('primaries');
    await assert.rejects(removeNode(cluster.running(), removalOf(cluster, 'n2', names)), {
      code: 'cluster-allocation-limited',
    });
    await limit(null);
    assert.deepEqual(await traces(cluster), none);
  });

  await t.test(
    'one that is not the master is removed during writes, also with the only copy of a shard; no document is lost',
    async () => {
      const { transport, dialect } = cluster.running();
      const { master } = await membership(transport, dialect);
      const node = names.find((name) => name !== master) as string;
      const said: string[] = [];
      await using writes = writeAllTheWhile(cluster, 'documents');
      await removeNode(cluster.running(), removalOf(cluster, node, names, said));
      const { acknowledged, lost } = await writes.end();
      assert.ok(acknowledged.length > 30, `${acknowledged.length} writes`);
      assert.deepEqual(lost, []);
      assert.deepEqual(await cluster.ask('GET', '/single/_source/1'), { kept: true });
      assert.deepEqual(await traces(cluster), none);
      assert.equal(cluster.runs(node), false);
      assert.ok(
        said.some((text) => /copies with \d+ bytes are still on/.test(text)),
        said.join('\n'),
      );
      t.diagnostic(`${acknowledged.length} writes, ${said.join(' | ')}`);
      // A machine of the same name takes its place.
      await cluster.start(node);
      await cluster.awaitNodes(3);
    },
  );

  await t.test('the elected master is removed during writes; no document is lost', async () => {
    await cluster.ask(
      'GET',
      '/_cluster/health?wait_for_status=green&wait_for_no_relocating_shards=true&wait_for_nodes=3',
    );
    const { transport, dialect } = cluster.running();
    const { master = '' } = await membership(transport, dialect);
    await using writes = writeAllTheWhile(cluster, 'documents');
    await removeNode(cluster.running(), removalOf(cluster, master, names));
    const { acknowledged, lost } = await writes.end();
    assert.ok(acknowledged.length > 30, `${acknowledged.length} writes`);
    assert.deepEqual(lost, []);
    assert.deepEqual(await traces(cluster), none);
    const after = await membership(transport, dialect);
    assert.notEqual(after.master, master);
    assert.ok(!after.voting.includes(master));
    await cluster.start(master);
    await cluster.awaitNodes(3);
  });

  await t.test('one that cannot be stopped is removed, and so is one that has left already', async () => {
    await cluster.ask(
      'GET',
      '/_cluster/health?wait_for_status=green&wait_for_no_relocating_shards=true&wait_for_nodes=3',
    );
    const removal = removalOf(cluster, 'n3', names);
    const stop = (): Promise<void> => {
      cluster.kill('n3');
      return Promise.reject(new Error('no route to host'));
    };
    await assert.rejects(
      removeNode(cluster.running(), { ...removal, stop, remove: () => Promise.reject(new Error('the API is away')) }),
      /the API is away/,
    );
    assert.deepEqual(await traces(cluster), {
      persistent: { cluster: { routing: { allocation: { exclude: { _name: 'n3' } } } } },
      transient: {},
      excluded: ['n3'],
    });
    await removeNode(cluster.running(), { ...removal, nodes: ['n1', 'n2'] });
    assert.deepEqual(await traces(cluster), none);
    assert.deepEqual(await cluster.ask('GET', '/single/_source/1'), { kept: true });
  });
});
