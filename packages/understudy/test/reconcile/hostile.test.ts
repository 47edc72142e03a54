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

/** Each failure names its seed, which replays it: HOSTILE_SEEDS=17-17. */
const [first = 1, last = 500] = (process.env['HOSTILE_SEEDS'] ?? '1-500').split('-').map(Number);
const seedsPerTest = 20;

for (let from = first; from <= last; from += seedsPerTest) {
  const to = Math.min(from + seedsPerTest - 1, last);
  test(`apply and destroy converge under the mixes of seeds ${from} to ${to}`, async () => {
    for (let seed = from; seed <= to; seed += 1) await convergesUnder(seed);
  });
}

async function convergesUnder(seed: number): Promise<void> {
  await using sim = await simulatedWorld({ factor: 400 });
  sim.region.faults.set(hostile, seed);
  await applyUntilDone(sim.world, seed);
  sim.region.faults.set([], seed);
  assert.deepEqual(
    plan(intent, await observe(sim.world, intent.topology)),
    { steps: [], obstacles: [] },
    `seed ${seed}`,
  );
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
  const left = sim.region.store.machines.size + sim.region.store.vpcs.size + sim.region.store.firewalls.size;
  assert.equal(left, 0, `seed ${seed} leaves ${left} objects`);
}
