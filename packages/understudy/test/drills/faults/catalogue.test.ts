import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue, drillsNamed } from '../../../src/drills/index.ts';
import { faultContext } from '../../../src/drills/run/fault-session.ts';
import { searchMachines } from '../../../src/drills/system-under-test.ts';
import { smallSystem } from '../small-system.ts';

const promised = `noop search-stop search-kill-master search-kill-data search-pause search-power-cut search-partition
search-one-way-in search-one-way-out search-bridge search-disk-full search-disk-stall search-rolling-restart
search-quorum-loss search-power-loss-all service-stop service-kill service-hang service-power-cut
service-cut-from-search balancer-drain controller-kill rotate-certificates rotate-authority rotate-passwords rotate-ssh-keys rotate-service-keys`.split(
  /\s+/,
);

test('every documented drill is in the catalogue, each name once', () => {
  const names = catalogue.map((drill) => drill.name);
  assert.equal(new Set(names).size, names.length);
  for (const name of promised) assert.ok(names.includes(name), name);
});

test('every fault says what it stands for and what it does not measure', () => {
  for (const { fault } of catalogue) {
    assert.ok(fault.standsFor.length > 10, fault.name);
    assert.ok(fault.doesNotMeasure.length > 0, fault.name);
  }
});

test('nothing may be lost, unexpected, duplicate or stale in any drill', () => {
  for (const { name, goals } of catalogue) {
    const { lost, unexpected, duplicate, stale } = goals;
    assert.deepEqual({ lost, unexpected, duplicate, stale }, { lost: 0, unexpected: 0, duplicate: 0, stale: 0 }, name);
  }
});

test('drills are chosen by name and by group, each once, and an unknown name lists what there is', () => {
  const names = drillsNamed(['service-kill', 'service', 'noop']).map((drill) => drill.name);
  assert.deepEqual(names.slice(0, 2), ['service-kill', 'service-stop']);
  assert.equal(new Set(names).size, names.length);
  assert.throws(() => drillsNamed(['search-stopp']), { code: 'drills-unknown', message: /search-stop/ });
});

test('an undo that a machine runs by itself removes only what a drill added, and its shell script is valid', async (t) => {
  const system = await smallSystem();
  t.after(() => system.close());
  const { world } = system;
  const [target] = searchMachines(world);
  assert.ok(target);
  const context = faultContext(world, [target], Math.random, new AbortController().signal);
  for (const { fault } of catalogue) {
    const undo = fault.localUndo(context, target);
    if (undo === null) continue;
    assert.doesNotMatch(undo, /flush|rm -rf|\*/, fault.name);
    // sh -n reads a script without running it.
    const { code, stderr } = await world.runner.run(target, ['sh', '-n', '-c', undo]);
    assert.equal(code, 0, `${fault.name}: ${stderr}`);
  }
});
