import { test } from 'node:test';
import assert from 'node:assert/strict';
import { backoffDefaults, backoffMs, parseRetryAfterMs } from '../../src/policy/backoff.ts';

test('backoff is uniform below a bound that doubles up to the cap', () => {
  assert.equal(
    backoffMs(backoffDefaults, 0, () => 0.5),
    25,
  );
  assert.equal(
    backoffMs(backoffDefaults, 3, () => 0.5),
    200,
  );
  assert.equal(
    backoffMs(backoffDefaults, 40, () => 0.999),
    999,
  );
  assert.equal(
    backoffMs({ ...backoffDefaults, jitter: false }, 2, () => 0),
    200,
  );
});

test('Retry-After is read as seconds or as a date, and ignored when it is malformed', () => {
  assert.equal(parseRetryAfterMs('3', 0), 3000);
  assert.equal(parseRetryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 4000), 6000);
  assert.equal(parseRetryAfterMs('soon', 0), undefined);
  assert.equal(parseRetryAfterMs(undefined, 0), undefined);
});
