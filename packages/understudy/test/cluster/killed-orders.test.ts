// Removal and upgrade of nodes in a simulated cluster: killed at any request and called again, in awkward circumstances, and never
// with a shard lost or a trace left behind.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conditions, leftovers, removeNode, restartNode, upgradeNode, upgradeOrder } from '../../src/cluster/index.ts';
import { SimulatedNodes, type Tool } from '../simulation/simulated-nodes.ts';

const names = ['n1', 'n2', 'n3'];
const older = '9.4.0';
const newer = '9.5.3';

function threeNodes(version?: string): SimulatedNodes {
  const nodes = new SimulatedNodes(names, version);
  nodes.clusters.copyMs = 3000;
  const { indices } = nodes.identity();
  indices.set('documents', { shards: 3, replicas: 1, durability: 'request' });
  indices.set('single', { shards: 3, replicas: 0, durability: 'request' });
  settled(nodes);
  return nodes;
}

/** Lets the simulation's time pass until every copy is in place. */
function settled(nodes: SimulatedNodes): void {
  const { copyMs } = nodes.clusters;
  nodes.clusters.copyMs = 0;
  for (let round = 0; round < 3; round += 1) nodes.clusters.settle();
  nodes.clusters.copyMs = copyMs;
}

function removal(nodes: SimulatedNodes, tool: Tool, node: string) {
  return removeNode(tool.cluster, {
    node,
    nodes: names,
    stop: () => tool.call(() => nodes.stop(node)),
    remove: () => tool.call(() => nodes.remove(node)),
  });
}

function upgrade(nodes: SimulatedNodes, tool: Tool, node: string) {
  return upgradeNode(tool.cluster, {
    node,
    nodes: names,
    version: newer,
    stop: () => tool.call(() => nodes.stop(node)),
    install: () => tool.call(() => void nodes.machine(node).packages.set('elasticsearch', newer)),
    start: () => tool.call(() => nodes.start(node)),
  });
}

async function assertWell(nodes: SimulatedNodes, members: readonly string[], label: string): Promise<void> {
  const { cluster } = nodes.tool();
  const identity = nodes.identity();
  assert.deepEqual(nodes.clusters.lost, [], label);
  assert.deepEqual(await leftovers(cluster.transport), [], label);
  assert.deepEqual([...identity.votingExclusions], [], label);
  assert.deepEqual([...nodes.machines.keys()].sort(), members, label);
  assert.deepEqual(Object.keys(shownVersions(await conditions(cluster, ['documents']))), members, label);
  assert.ok(
    identity.copies.all().every(({ state }) => state === 'STARTED'),
    label,
  );
}

function shownVersions({ versions }: Awaited<ReturnType<typeof conditions>>): Readonly<Record<string, string>> {
  return versions.state === 'seen' ? versions.value : {};
}

/** Runs the order in a tool that dies, then in another one. False: it was done before the death came. */
async function killedThenAgain(
  nodes: SimulatedNodes,
  death: { readonly atCall: number; readonly moment: 'before' | 'after' },
  order: (tool: Tool) => Promise<void>,
): Promise<boolean> {
  const tool = nodes.tool(death);
  const end = await Promise.race([tool.wasKilled, order(tool).then(() => 'done')]);
  if (end === 'done') return false;
  await order(nodes.tool());
  return true;
}

describe('a node is removed', () => {
  for (const node of ['n1', 'n3']) {
    for (const moment of ['before', 'after'] as const) {
      test(`${node === 'n1' ? 'the elected one' : 'another one'}, killed ${moment} any of its requests and called again`, async () => {
        let atCall = 1;
        for (; ; atCall += 1) {
          const nodes = threeNodes();
          const wasKilled = await killedThenAgain(nodes, { atCall, moment }, (tool) => removal(nodes, tool, node));
          await assertWell(
            nodes,
            names.filter((name) => name !== node),
            `killed ${moment} call ${atCall}`,
          );
          if (!wasKilled) break;
        }
        assert.ok(atCall > 25, `only ${atCall} calls were tried`);
      });
    }
  }

  test('not while another one is dead, also before the master detects it', async () => {
    const nodes = threeNodes();
    nodes.clusters.detectedAfterMs = 90_000;
    nodes.off.add('n2');
    const health = await nodes.tool().cluster.transport.request('GET', '/_cluster/health');
    assert.deepEqual(
      [(health.body as { status: string }).status, (health.body as { number_of_nodes: number }).number_of_nodes],
      ['green', 3],
    );
    await assert.rejects(removal(nodes, nodes.tool(), 'n3'), {
      code: 'cluster-not-healthy',
      message: /no answer from n2/,
    });
    assert.ok(nodes.machines.has('n3'));
    assert.deepEqual(nodes.clusters.lost, []);
    assert.deepEqual(await leftovers(nodes.tool().cluster.transport), []);
    nodes.off.delete('n2');
    await removal(nodes, nodes.tool(), 'n3');
    await assertWell(nodes, ['n1', 'n2'], 'after it came back');
  });

  test('with copies that the engine does not move: it stays, the error names its exclusion, and after a repair it is removed', async () => {
    const nodes = threeNodes();
    const { indices } = nodes.identity();
    const held = indices.get('single')!;
    // After the check that there is room.
    const { clusters } = nodes;
    const request = clusters.request.bind(clusters);
    clusters.request = (...asked) => {
      if (asked[1] === 'PUT') held.settings = { 'index.routing.allocation.require._name': 'n3' };
      return request(...asked);
    };
    await assert.rejects(removal(nodes, nodes.tool(), 'n3'), {
      code: 'cluster-drain-stalled',
      message: /single\[\d\], a primary, is started: .*n1 refuses it \(.*filter/,
    });
    clusters.request = request;
    assert.ok(nodes.machines.has('n3'));
    assert.deepEqual(await leftovers(nodes.tool().cluster.transport), [
      { setting: 'cluster.routing.allocation.exclude._name', value: 'n3', origin: 'persistent' },
    ]);
    held.settings = {};
    await removal(nodes, nodes.tool(), 'n3');
    await assertWell(nodes, ['n1', 'n2'], 'repaired');
  });

  test('not when it is dead and has the only copy of something', async () => {
    const nodes = threeNodes();
    nodes.off.add('n3');
    await assert.rejects(removal(nodes, nodes.tool(), 'n3'), { code: 'cluster-not-healthy', message: /red/ });
    assert.ok(nodes.machines.has('n3'));
    assert.deepEqual(nodes.clusters.lost, []);
  });

  test('other names stay excluded', async () => {
    const nodes = threeNodes();
    const identity = nodes.identity();
    identity.settings = { 'cluster.routing.allocation.exclude._name': 'x1,x2' };
    identity.votingExclusions.add('x1');
    await removal(nodes, nodes.tool(), 'n3');
    assert.equal(identity.setting('cluster.routing.allocation.exclude._name'), 'x1,x2');
    assert.deepEqual([...identity.votingExclusions], ['x1']);
  });
});

describe('a node is upgraded', () => {
  for (const moment of ['before', 'after'] as const) {
    test(`killed ${moment} any of its requests and called again`, async () => {
      let atCall = 1;
      for (; ; atCall += 1) {
        const nodes = threeNodes(older);
        const wasKilled = await killedThenAgain(nodes, { atCall, moment }, (tool) => upgrade(nodes, tool, 'n1'));
        // What an interruption left is the next order's to clear: here, that of the last node.
        for (const node of ['n2', 'n3']) await upgrade(nodes, nodes.tool(), node);
        await assertWell(nodes, names, `killed ${moment} call ${atCall}`);
        assert.deepEqual(shownVersions(await conditions(nodes.tool().cluster, ['documents'])), {
          n1: newer,
          n2: newer,
          n3: newer,
        });
        if (!wasKilled) break;
      }
      assert.ok(atCall > 15, `only ${atCall} calls were tried`);
    });
  }

  test('while a new index waits for a second new node; the node with its only copy is not stopped', async () => {
    const nodes = threeNodes(older);
    assert.deepEqual(upgradeOrder({ n1: older, n2: older, n3: older }, newer, 'n1'), ['n2', 'n3', 'n1']);
    await upgrade(nodes, nodes.tool(), 'n2');
    const fresh = {
      shards: 1,
      replicas: 0,
      durability: 'request',
      settings: { 'index.routing.allocation.require._name': 'n2' },
    };
    nodes.identity().indices.set('fresh', fresh);
    nodes.clusters.settle();
    Object.assign(fresh, { replicas: 1, settings: {} });
    const restart = {
      node: 'n2',
      nodes: 3,
      stop: () => Promise.reject(new Error('stopped')),
      start: () => Promise.resolve(),
    };
    await assert.rejects(restartNode(nodes.tool().cluster, restart), { code: 'cluster-only-copy' });
    for (const node of ['n3', 'n1']) await upgrade(nodes, nodes.tool(), node);
    await assertWell(nodes, names, 'all upgraded');
  });
});

describe('the simulation loses data as the engine does', () => {
  test('the last copy of a shard is lost with its machine, and its shard stays red', async () => {
    const nodes = threeNodes();
    const holder = nodes
      .identity()
      .copies.all()
      .find(({ index }) => index === 'single')!;
    const name = [...nodes.machines].find(([, machine]) => machine === holder.machine)![0];
    nodes.remove(name);
    settled(nodes);
    assert.deepEqual(nodes.clusters.lost, [`single[${holder.shard}]`]);
    const answer = await nodes.tool().cluster.transport.request('GET', '/_cluster/health');
    assert.equal((answer.body as { status: string }).status, 'red');
  });

  test('one that is only powered off starts again with its data', () => {
    const nodes = threeNodes();
    nodes.off.add('n3');
    settled(nodes);
    assert.ok(
      nodes
        .identity()
        .copies.all()
        .some(({ index, state }) => index === 'single' && state === 'UNASSIGNED'),
    );
    nodes.off.delete('n3');
    settled(nodes);
    assert.ok(
      nodes
        .identity()
        .copies.all()
        .every(({ state }) => state === 'STARTED'),
    );
    assert.deepEqual(nodes.clusters.lost, []);
  });

  test('a disk above the flood watermark blocks writes until it is free again', async () => {
    const nodes = threeNodes();
    const blocked = async () => {
      const { blocks } = await conditions(nodes.tool().cluster, ['documents']);
      return blocks.state === 'seen' ? blocks.value.map(({ index, setting }) => `${index} ${setting}`) : [];
    };
    nodes.clusters.diskUsedBytes.set(nodes.machine('n1'), 96e9);
    assert.ok((await blocked()).includes('documents index.blocks.read_only_allow_delete'));
    nodes.clusters.diskUsedBytes.set(nodes.machine('n1'), 10e9);
    assert.deepEqual(await blocked(), []);
  });
});
