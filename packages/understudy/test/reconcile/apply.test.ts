import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, destroy, plan } from '../../src/reconcile/index.ts';
import { observe } from '../../src/status/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

const all = { allowDestructive: true };

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
