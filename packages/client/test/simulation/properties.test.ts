// Properties that hold whatever the cluster does: checked on random fault plans with a simulated clock.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { simulate, type Plan } from './run.ts';

const chance = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true });

const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  operations: fc.constant(60),
  nodes: fc.integer({ min: 1, max: 4 }),
  refuse: chance(0.3),
  reset: chance(0.2),
  hang: chance(0.1),
  status: chance(0.3),
  item: chance(0.3),
  deadlineMs: fc.constantFrom(50, 400, 3000, 15_000),
  cancel: fc.constantFrom(0, 0.3),
  gather: fc.boolean(),
  everyMs: fc.constantFrom(0, 1, 10),
});

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

test('with every fault: one outcome for each caller, deadlines kept to a tick, budget never overdrawn, no cancelled work sent, outcomes true, nothing leaked', async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      await simulate(plan);
      assert.deepEqual(unhandled, []);
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 150) },
  );
});
