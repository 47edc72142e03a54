import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Alarm, Wheel } from '../../src/time/wheel.ts';
import { SimTime } from '../simulation/sim-time.ts';

class Recorder extends Alarm {
  readonly rangMs: number[] = [];
  readonly #time: SimTime;
  constructor(time: SimTime) {
    super();
    this.#time = time;
  }
  override onAlarm(): void {
    this.rangMs.push(this.#time.now());
  }
}

test('every alarm fires once, never early, and at most a tick late; a cleared one never fires', async () => {
  const alarms = fc.array(fc.record({ inMs: fc.double({ min: 0, max: 20_000, noNaN: true }), clear: fc.boolean() }), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(alarms, async (plan) => {
      const time = new SimTime();
      const wheel = new Wheel(time);
      const startMs = time.now();
      const set = plan.map(({ inMs, clear }) => {
        const alarm = new Recorder(time);
        wheel.set(alarm, startMs + inMs);
        if (clear) wheel.clear(alarm);
        return { alarm, dueMs: startMs + inMs, clear };
      });
      await time.run(21_000);
      for (const { alarm, dueMs, clear } of set) {
        assert.equal(alarm.rangMs.length, clear ? 0 : 1);
        const lateMs = (alarm.rangMs[0] ?? dueMs) - dueMs;
        // Timers count whole milliseconds, hence the one beside the tick.
        assert.ok(lateMs >= 0 && lateMs <= wheel.tickMs + 1, `${lateMs} ms late`);
      }
      assert.equal(wheel.size, 0);
      assert.equal(time.pending, 0);
    }),
  );
});
