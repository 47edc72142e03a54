import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, destroy, plan, confirmAll, confirmUnlessDestructive } from '../../src/reconcile/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import { observe } from '../../src/observe/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

const all = { confirm: confirmAll };

test('apply builds the whole system from nothing, and a second plan has nothing to do', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  const { status, done } = await apply(sim.world, intent, all);
  assert.equal(status.verdict, 'healthy');
  assert.deepEqual(status.reasons, []);
  assert.equal(status.machines.length, 5);
  assert.ok(done.length > 20);
  assert.deepEqual(plan(intent, await observe(sim.world, intent.topology)), { steps: [], obstacles: [] });
  assert.equal(sim.clusters.identities.size, 1);
});

test('destroy leaves nothing of the system and nothing else is touched', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  await destroy(sim.world, 'demo');
  assert.deepEqual([...sim.hardware.machines.keys()], []);
  assert.deepEqual([...sim.hardware.balancers.keys()], []);
  assert.deepEqual([...sim.hardware.subnets.keys()], []);
});

test('fewer search machines: they are removed one at a time, each when every copy is allocated, and the cluster keeps its identity', async () => {
  const five = await sampleIntent(sampleText.replace('search:', 'search:\n  nodes: 5'));
  await using sim = await simulatedWorld();
  await apply(sim.world, five, all);
  assert.equal(sim.hardware.machines.size, 7);
  const three = { ...five, topology: (await sampleIntent()).topology };
  const planned = plan(three, await observe(sim.world, three.topology));
  const removals = planned.steps.filter(({ destructive }) => destructive);
  assert.deepEqual(
    removals.map(({ subject }) => subject),
    ['demo-search-4', 'demo-search-5'],
  );
  assert.deepEqual(removals[1]!.after, [removals[0]!.id]);
  await assert.rejects(apply(sim.world, three, { confirm: confirmUnlessDestructive }), (error) => {
    assert.ok(error instanceof UnderstudyError && error.code === 'reconcile-declined');
    const added = error.facts['added'] as string[];
    for (const { id } of removals) assert.ok(added.includes(id), `${id} was asked about`);
    return true;
  });
  assert.equal(sim.hardware.machines.size, 7);
  await apply(sim.world, three, all);
  assert.equal(sim.hardware.machines.size, 5);
  assert.equal(sim.clusters.identities.size, 1);
});

test('a machine that is being deleted is waited for and created again', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  sim.region.faults.set([{ kind: 'pending-delete', delayMs: 5000 }], 1);
  const [instance] = await sim.world.linode.instances.list({ label: 'demo-search-2' });
  await sim.world.linode.instances.delete(instance!.id);
  const { status } = await apply(sim.world, intent, all);
  assert.equal(status.verdict, 'healthy');
  assert.equal(sim.clusters.identities.size, 1);
});

test('a cloud-init that does not end is waited for once, and does not stop the apply', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const machine = sim.machine('demo-search-1');
  machine.cloudInitRunningS = 20;
  machine.files.delete('/etc/sysctl.d/60-understudy.conf');
  const { done } = await apply(sim.world, intent, all);
  assert.deepEqual(
    done.map(({ id }) => id).filter((id) => id.startsWith('demo-search-1/')),
    ['demo-search-1/wait', 'demo-search-1/files'],
  );
  assert.ok(machine.cloudInitRunningS > 300);
  assert.deepEqual(plan(intent, await observe(sim.world, intent.topology)), { steps: [], obstacles: [] });
});
