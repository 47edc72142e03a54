import assert from 'node:assert/strict';
import { it } from 'node:test';
import { restartDelayMs } from '../src/restart-delay.ts';

it('a first crash is mended at once, further ones ever more slowly, up to ten seconds', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 100].map(restartDelayMs),
    [0, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000],
  );
});
