// Apply against an API that misbehaves as the real one does, in seeded mixes: it converges, with no orphan and no duplicate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultRule } from '../../src/lab/index.ts';
import { apply, destroy, plan } from '../../src/reconcile/index.ts';
import { observe } from '../../src/status/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

const intent = await sampleIntent();
const all = { allowDestructive: true };

const hostile: readonly FaultRule[] = [
  { kind: 'drop-after', method: 'POST', probability: 0.3 },
  { kind: 'drop-after', method: 'GET', probability: 0.05 },
  { kind: 'drop-before', probability: 0.05 },
  { kind: 'unavailable', probability: 0.05 },
  { kind: 'rate-limit', probability: 0.05, retryAfterS: 1 },
  { kind: 'timeout', probability: 0.02, delayMs: 5000 },
  { kind: 'slow-provisioning', probability: 0.3, delayMs: 40_000 },
  { kind: 'boot-failure', probability: 0.2, times: 2 },
  { kind: 'pending-delete', probability: 0.2, delayMs: 20_000 },
  { kind: 'reorder-events' },
  { kind: 'unknown-fields' },
];

async function applyUntilDone(world: Parameters<typeof apply>[0], seed: number): Promise<void> {
  // A run may give up with a reason; running it again is what a person does.
  for (let run = 1; run <= 5; run += 1) {
    try {
      await apply(world, intent, all);
      return;
    } catch (error) {
      if (run === 5) throw new Error(`seed ${seed} does not converge`, { cause: error });
    }
  }
}

for (let seed = 1; seed <= 20; seed += 1) {
  test(`apply and destroy converge under the mix of seed ${seed}`, async () => {
    await using sim = await simulatedWorld({ factor: 400 });
    sim.region.faults.set(hostile, seed);
    await applyUntilDone(sim.world, seed);
    sim.region.faults.set([], seed);
    assert.deepEqual(plan(intent, await observe(sim.world, intent.topology)), { steps: [], obstacles: [] });
    assert.equal(sim.hardware.machines.size, 5);
    assert.equal(sim.hardware.balancers.size, 1);
    assert.equal(sim.hardware.firewalls.size, 2);
    assert.equal(sim.clusters.identities.size, 1);
    sim.region.faults.set(hostile, seed + 1000);
    for (let run = 1; run <= 5; run += 1) {
      const outcome = await destroy(sim.world, 'demo').catch((error: unknown) => error);
      if (!(outcome instanceof Error)) break;
      if (run === 5) throw outcome;
    }
    assert.equal(sim.region.store.machines.size + sim.region.store.vpcs.size + sim.region.store.firewalls.size, 0);
  });
}
