import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dueMs, lanesOf } from '../../../src/proof/load/schedule.ts';
import { workloadPlan } from '../../drills/plans.ts';

test('writes and gets have a lane for each primary shard, searches have one', () => {
  const lanes = lanesOf(workloadPlan({ shards: 2 }));
  assert.deepEqual(
    lanes.map(({ name, ratePerS }) => [name, ratePerS]),
    [
      ['index/shard-0', 15],
      ['index/shard-1', 15],
      ['get/shard-0', 15],
      ['get/shard-1', 15],
      ['search', 15],
    ],
  );
});

test('each listener is a lane of its own, within the same rate', () => {
  const lanes = lanesOf(workloadPlan({ shards: 1, urls: ['http://a', 'https://a'], documentPath: null }));
  assert.deepEqual(
    lanes.map(({ name, url, ratePerS }) => [name, url, ratePerS]),
    [
      ['index/shard-0/url-1', 'http://a', 15],
      ['index/shard-0/url-2', 'https://a', 15],
      ['search/url-1', 'http://a', 7.5],
      ['search/url-2', 'https://a', 7.5],
    ],
  );
});

test('an engine with an unknown routing has one lane of writes', () => {
  const names = lanesOf(workloadPlan({ shards: 3, routing: null })).map(({ name }) => name);
  assert.deepEqual(names, ['index', 'get', 'search']);
});

test('the schedule is even: one period between any two requests of a lane', () => {
  const lanes = lanesOf(workloadPlan({ shards: 3 }));
  fc.assert(
    fc.property(fc.constantFrom(...lanes), fc.nat(100_000), (lane, count) => {
      const period = dueMs(lane, 0, count + 1) - dueMs(lane, 0, count);
      assert.ok(Math.abs(period - 1_000 / lane.ratePerS) < 1e-6);
    }),
  );
});
