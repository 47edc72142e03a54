// A real cluster goes from one major version to the next, node by node, under writes. It needs an older engine beside the usual one.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  membership,
  nodeVersions,
  restartNode,
  shards,
  upgradeNode,
  upgradeOrder,
  type NodeUpgrade,
} from '../../src/cluster/index.ts';
import { writeAllTheWhile } from './acknowledged-writes.ts';
import { noEngine, noOlderEngine, olderHome, RealCluster, usualHome } from './real-cluster.ts';

const names = ['n1', 'n2', 'n3'];

async function versionOf(home: string): Promise<string> {
  const jars = await readdir(join(home, 'lib'));
  return /^elasticsearch-(\d+\.\d+\.\d+)\.jar$/m.exec(jars.join('\n'))?.[1] ?? '';
}

function upgradeOf(cluster: RealCluster, node: string, version: string, said: string[]): NodeUpgrade {
  const installed = { home: olderHome };
  return {
    node,
    nodes: names,
    version,
    stop: () => cluster.stop(node),
    install: () => {
      installed.home = usualHome;
      return Promise.resolve();
    },
    start: () => cluster.start(node, installed.home),
    onProgress: (text) => said.push(text),
  };
}

test(
  'a rolling upgrade loses no data and does not wait for copies that cannot be allocated',
  { skip: noOlderEngine, timeout: 1_200_000 },
  async (t) => {
    await using cluster = await RealCluster.start(names, olderHome);
    const { transport, dialect } = cluster.running();
    const version = await versionOf(usualHome ?? '');
    await cluster.ask('PUT', '/documents', { settings: { number_of_shards: 3, number_of_replicas: 1 } });
    await using writes = writeAllTheWhile(cluster, 'documents');
    const { master } = await membership(transport, dialect);
    const order = upgradeOrder(await nodeVersions(transport), version, master);
    assert.equal(order.at(-1), master);
    const [first = '', second = '', last = ''] = order;
    const said: string[] = [];

    await upgradeNode(cluster.running(), upgradeOf(cluster, first, version, said));
    assert.equal((await nodeVersions(transport))[first], version);

    // An index that is made now and begins on the new node has no place for its replica.
    const onNew = { 'index.routing.allocation.require._name': first };
    await cluster.ask('PUT', '/fresh', { settings: { number_of_shards: 1, number_of_replicas: 0, ...onNew } });
    await cluster.ask('PUT', '/fresh/_doc/1?refresh=true', { kept: true });
    await cluster.ask('PUT', '/fresh/_settings', {
      'index.routing.allocation.require._name': null,
      'index.number_of_replicas': 1,
    });
    const restart = { node: first, nodes: 3, stop: () => cluster.stop(first), start: () => cluster.start(first) };
    await assert.rejects(restartNode(cluster.running(), restart), { code: 'cluster-only-copy', message: /fresh\[0\]/ });

    await upgradeNode(cluster.running(), upgradeOf(cluster, second, version, said));
    assert.ok(said.includes('1 replicas wait for a node of the new version'), said.join('\n'));
    assert.ok((await shards(transport, 'fresh')).every(({ state }) => state === 'STARTED'));

    // The one after that was interrupted while it was stopped.
    await cluster.stop(last);
    await upgradeNode(cluster.running(), upgradeOf(cluster, last, version, said));

    assert.deepEqual(new Set(Object.values(await nodeVersions(transport))), new Set([version]));
    const health = await cluster.ask<{ status: string }>('GET', '/_cluster/health');
    assert.equal(health.status, 'green');
    const { acknowledged, lost } = await writes.end();
    assert.deepEqual(lost, []);
    assert.ok(acknowledged.length > 100, `${acknowledged.length} writes`);
    assert.deepEqual(await cluster.ask('GET', '/fresh/_source/1'), { kept: true });
    t.diagnostic(`${acknowledged.length} writes; ${said.join(' | ')}`);
  },
);

test(
  'an engine that its installation did not upgrade is started again, and the error says so',
  { skip: noEngine, timeout: 600_000 },
  async () => {
    await using cluster = await RealCluster.start(names);
    const node = 'n1';
    const failing: NodeUpgrade = {
      node,
      nodes: names,
      version: '99.0.0',
      stop: () => cluster.stop(node),
      install: () => Promise.reject(new Error('no space left on device')),
      start: () => cluster.start(node),
    };
    await assert.rejects(upgradeNode(cluster.running(), failing), /no space left/);
    await cluster.awaitNodes(3);
    assert.ok(node in (await nodeVersions(cluster.running().transport)));
  },
);
