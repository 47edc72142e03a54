import assert from 'node:assert/strict';
import { it } from 'node:test';
import { restartDelayMs } from '../src/restart-delay.ts';

it('a worker is replaced at once after the first crash, and with growing delays up to ten seconds after further ones', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 100].map(restartDelayMs),
    [0, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000],
  );
});
