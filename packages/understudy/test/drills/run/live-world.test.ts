// A world whose members change during a run: what an operation under test does to it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onClock, type DrillMachine, type SystemUnderTest } from '../../../src/drills/system-under-test.ts';
import { systemClock } from '@understudy/foundation';

function machine(label: string): DrillMachine {
  return { label, role: 'search', address: '198.18.1.1', vpcAddress: '10.20.0.11' };
}

test('the system of a run evaluates its getters on each access, and has the clock of the run', () => {
  let machines = [machine('one'), machine('two')];
  const clock = { ...systemClock };
  const live = {
    clock: systemClock,
    get machines() {
      return machines;
    },
  } as unknown as SystemUnderTest;
  const world = onClock(live, clock);
  machines = [machine('one')];
  assert.deepEqual(
    world.machines.map(({ label }) => label),
    ['one'],
  );
  assert.equal(world.clock, clock);
});
