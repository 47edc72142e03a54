import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Limiter, limiterDefaults } from '../../src/policy/limiter.ts';

test('the limit shrinks when latency rises under load, grows back, and stays within its bounds', () => {
  const limiter = new Limiter(limiterDefaults);
  const round = (latencyMs: number): void => {
    let entered = 0;
    while (limiter.tryEnter()) entered++;
    while (entered-- > 0) limiter.leave(latencyMs);
  };
  for (let i = 0; i < 20; i++) round(10);
  const calm = limiter.limit;
  for (let i = 0; i < 3; i++) round(200);
  const pressed = limiter.limit;
  assert.ok(pressed < calm, `${pressed} < ${calm}`);
  for (let i = 0; i < 200; i++) round(10);
  assert.ok(limiter.limit > pressed && limiter.limit <= limiterDefaults.maximum);
});
