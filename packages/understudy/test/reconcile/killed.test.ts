// Apply is killed at every single call that leaves the process, and run again: it must converge, with no orphan and no duplicate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, plan } from '../../src/reconcile/index.ts';
import { observe } from '../../src/status/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld, type Death } from '../simulation/simulated-world.ts';

const all = { allowDestructive: true };
const intent = await sampleIntent();

/** Resolves false when apply ended before it could die. */
async function killedThenAgain(atCall: number, moment: Death['moment']): Promise<boolean> {
  await using sim = await simulatedWorld();
  const died = new Promise<true>((resolve) => {
    const { world } = sim.connect({ atCall, moment, onDeath: () => resolve(true) });
    void apply(world, intent, all).then(
      () => ended(),
      () => ended(),
    );
  });
  let ended = (): void => undefined;
  const finished = new Promise<false>((resolve) => (ended = () => resolve(false)));
  const killed = await Promise.race([died, finished]);
  const { status } = await apply(sim.world, intent, all);
  const label = `killed ${moment} call ${atCall}`;
  assert.equal(status.verdict, 'healthy', label);
  assert.deepEqual(plan(intent, await observe(sim.world, intent.topology)), { steps: [], obstacles: [] }, label);
  assert.deepEqual(
    {
      machines: [...sim.hardware.machines.values()].map(({ spec }) => spec.label).sort(),
      balancers: sim.hardware.balancers.size,
      firewalls: sim.hardware.firewalls.size,
      subnets: sim.hardware.subnets.size,
      clusters: sim.clusters.identities.size,
    },
    {
      machines: ['demo-search-1', 'demo-search-2', 'demo-search-3', 'demo-service-1', 'demo-service-2'],
      balancers: 1,
      firewalls: 2,
      subnets: 1,
      clusters: 1,
    },
    label,
  );
  return killed;
}

test('an apply killed at any call, carried out but not answered, converges when it is run again', async () => {
  let atCall = 1;
  while (await killedThenAgain(atCall, 'after')) atCall += 1;
  assert.ok(atCall > 80, `only ${atCall} calls were tried`);
});

test('an apply killed before its first call, and before one in the middle, converges when it is run again', async () => {
  for (const atCall of [1, 20, 40]) assert.equal(await killedThenAgain(atCall, 'before'), true);
});
