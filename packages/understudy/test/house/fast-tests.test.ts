// The list of slow tests: each entry leaves something out, and something is left.
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { slowReason, slowTests } from '../../../../bin/lib/fast-tests.ts';

const files = globSync('packages/*/test/**/*.test.ts');

test('each entry of the list of slow tests names test files that exist', () => {
  for (const part of Object.keys(slowTests))
    assert.ok(
      files.some((path) => path.includes(part)),
      part,
    );
});

test('the fast tests are of every package that has tests', () => {
  const fast = files.filter((path) => slowReason(path) === undefined);
  const packagesOf = (paths: readonly string[]) => [...new Set(paths.map((path) => path.split('/')[1]))].sort();
  assert.deepEqual(packagesOf(fast), packagesOf(files));
});
