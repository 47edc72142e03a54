import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Breaker, type BreakerState } from '../../src/policy/breaker.ts';

const options = { failureRatio: 0.5, minimum: 4, windowMs: 1000, openMs: 100, openCapMs: 400 };

test('it opens at the ratio, lets one trial through after its time, and closes when the trial succeeds', () => {
  const seen: BreakerState[] = [];
  const breaker = new Breaker(options, 0, (state) => seen.push(state));
  for (let i = 0; i < 2; i++) breaker.success(0);
  for (let i = 0; i < 2; i++) breaker.failure(0);
  assert.equal(breaker.state, 'open');
  assert.equal(breaker.allow(50), false);
  assert.equal(breaker.retryAfterMs(50), 50);
  assert.equal(breaker.allow(100), true);
  assert.equal(breaker.allow(100), false, 'one trial at a time');
  breaker.success(110);
  assert.equal(breaker.allow(110), true);
  assert.deepEqual(seen, ['open', 'half-open', 'closed']);
});

test('each failed trial doubles the time open, up to its cap', () => {
  const breaker = new Breaker(options, 0);
  breaker.open(0);
  const waits: number[] = [];
  for (let now = 0, i = 0; i < 4; i++) {
    const wait = breaker.retryAfterMs(now);
    waits.push(wait);
    now += wait;
    assert.ok(breaker.allow(now));
    breaker.failure(now);
  }
  assert.deepEqual(waits, [100, 200, 400, 400]);
});

test('failures older than the window do not count', () => {
  const breaker = new Breaker(options, 0);
  for (let i = 0; i < 3; i++) breaker.failure(0);
  breaker.failure(1500);
  assert.equal(breaker.state, 'closed');
});
