// Apply and destroy are killed at every call that leaves the process, and run again: they must converge, without leftover or
// duplicate objects.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, destroy, plan, confirmAll } from '../../src/reconcile/index.ts';
import { observe, type World } from '../../src/observe/index.ts';
import { objectsIn } from '../simulation/hostile-run.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld, type Kill, type SimulatedWorld } from '../simulation/simulated-world.ts';

const all = { confirm: confirmAll };
const intent = await sampleIntent();

const complete = { machines: 5, vpcs: 1, subnets: 1, firewalls: 3, placementGroups: 2, balancers: 1, backends: 2 };

/** Starts `work` as a process that is killed at a call; resolves false when it ended before that call. */
async function isKilled(
  sim: SimulatedWorld,
  atCall: number,
  moment: Kill['moment'],
  work: (world: World) => Promise<unknown>,
): Promise<boolean> {
  return new Promise((resolve) => {
    const { world } = sim.connect({ atCall, moment, onKill: () => resolve(true) });
    const ended = (): void => resolve(false);
    void work(world).then(ended, ended);
  });
}

async function applyKilledThenAgain(atCall: number, moment: Kill['moment']): Promise<boolean> {
  await using sim = await simulatedWorld();
  const killed = await isKilled(sim, atCall, moment, (world) => apply(world, intent, all));
  const { status } = await apply(sim.world, intent, all);
  const label = `killed ${moment} call ${atCall}`;
  assert.equal(status.verdict, 'healthy', label);
  assert.deepEqual(plan(intent, await observe(sim.world, intent.topology)), { steps: [], obstacles: [] }, label);
  assert.deepEqual(objectsIn(sim), complete, label);
  assert.deepEqual(
    [...sim.hardware.machines.values()].map(({ spec }) => spec.label).sort(),
    ['demo-search-1', 'demo-search-2', 'demo-search-3', 'demo-service-1', 'demo-service-2'],
    label,
  );
  assert.equal(sim.clusters.identities.size, 1, label);
  return killed;
}

async function destroyKilledThenAgain(atCall: number): Promise<boolean> {
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  assert.deepEqual(objectsIn(sim), complete);
  const killed = await isKilled(sim, atCall, 'after', (world) => destroy(world, 'demo'));
  await destroy(sim.world, 'demo');
  assert.deepEqual(
    Object.entries(objectsIn(sim)).filter(([, count]) => count > 0),
    [],
    `killed after call ${atCall}`,
  );
  return killed;
}

test('an apply killed at any call, carried out but not answered, converges when it is run again', async () => {
  let atCall = 1;
  while (await applyKilledThenAgain(atCall, 'after')) atCall += 1;
  assert.ok(atCall > 80, `only ${atCall} calls were tried`);
});

test('an apply killed before its first call, and before one in the middle, converges when it is run again', async () => {
  for (const atCall of [1, 20, 40]) assert.equal(await applyKilledThenAgain(atCall, 'before'), true);
});

test('a destroy killed at any call, carried out but not answered, leaves nothing when it is run again', async () => {
  let atCall = 1;
  while (await destroyKilledThenAgain(atCall)) atCall += 1;
  assert.ok(atCall > 30, `only ${atCall} calls were tried`);
});
