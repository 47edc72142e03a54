import { test } from 'node:test';
import assert from 'node:assert/strict';
import { stress } from './stress.ts';

test(
  '20,000 operations over real sockets with faults leave no timer and no socket behind',
  { timeout: 120_000 },
  async () => {
    const report = await stress(20_000);
    assert.deepEqual(report.left, []);
    assert.ok(report.done > 19_000, `${report.done} done`);
  },
);
