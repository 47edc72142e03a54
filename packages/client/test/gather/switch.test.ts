import { test } from 'node:test';
import assert from 'node:assert/strict';
import { GatherSwitch } from '../../src/gather/switch.ts';

test('gathering switches to the mode that is cheaper, and stays there', () => {
  for (const cheaper of [true, false]) {
    const gatherSwitch = new GatherSwitch(
      'auto',
      !cheaper,
      () => true,
      () => undefined,
    );
    let now = 1000;
    for (let i = 0; i < 20_000; i++) {
      const latencyMs = gatherSwitch.on === cheaper ? 5 : 10;
      now += latencyMs / 16;
      gatherSwitch.record(gatherSwitch.epoch, now, latencyMs, true);
    }
    assert.equal(gatherSwitch.chosen, cheaper);
  }
});

test('a fault does not switch gathering, with any latencies', () => {
  let calm = true;
  const gatherSwitch = new GatherSwitch(
    'auto',
    true,
    () => calm,
    () => assert.fail('it changed'),
  );
  let now = 1000;
  for (let i = 0; i < 50_000; i++) {
    calm = i % 1000 < 500;
    const latencyMs = calm ? 5 : gatherSwitch.on ? 5000 : 1;
    now += latencyMs / 16;
    gatherSwitch.record(gatherSwitch.epoch, now, latencyMs, true);
  }
});
