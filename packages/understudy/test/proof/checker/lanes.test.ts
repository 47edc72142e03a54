import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gapsOf, latencyOf, measureLanes } from '../../../src/proof/checker/lanes.ts';
import type { Outcome } from '../../../src/proof/history/records.ts';

/** A search that was due at `dueMs` and ended at `endMs`. */
function search(dueMs: number, endMs: number, answered = true): Outcome {
  return {
    seq: dueMs,
    operation: 'search',
    lane: 'search',
    outcome: answered ? 'answered' : 'failed',
    dueMs,
    sentMs: dueMs,
    endMs,
    status: answered ? 200 : 503,
  };
}

test('a gap runs from one success to the next, failures in between do not end it', () => {
  const lane = [search(0, 10), search(100, 110), search(200, 210, false), search(300, 4_310), search(4_400, 4_410)];
  const [result] = measureLanes(lane, { fromMs: 150, toMs: 4_400 });
  assert.deepEqual(result?.longestGap, { fromMs: 110, toMs: 4_310, lengthMs: 4_200 });
  assert.equal(result.requests, 3);
  assert.equal(result.failed, 1);
});

test('a gap that began before the window counts in full', () => {
  const lane = [search(0, 10), search(2_000, 2_010)];
  const gaps = gapsOf(lane, { fromMs: 1_000, toMs: 2_000 });
  assert.deepEqual(gaps, [{ fromMs: 10, toMs: 2_010, lengthMs: 2_000 }]);
});

test('a lane that never succeeds again is one gap to the end of the window', () => {
  const lane = [search(0, 10), search(500, 900, false)];
  assert.deepEqual(gapsOf(lane, { fromMs: 100, toMs: 5_000 }), [{ fromMs: 10, toMs: 5_000, lengthMs: 4_990 }]);
});

test('a request that is open at the fault and fails counts for the fault, an answered one does not', () => {
  const lane = [search(900, 1_100, false), search(950, 1_050), search(800, 990, false), search(1_200, 1_210)];
  const [result] = measureLanes(lane, { fromMs: 1_000, toMs: 2_000 });
  assert.equal(result?.requests, 2);
  assert.equal(result.failed, 1);
});

test('the longest gap is never shorter than any stretch of the window without a success', () => {
  const requests = fc.array(fc.tuple(fc.nat(10_000), fc.nat(500), fc.boolean()), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(requests, fc.nat(9_999), fc.nat(500), (all, at, length) => {
      const lane = all.map(([due, took, answered]) => search(due, due + took, answered));
      const window = { fromMs: 0, toMs: 10_000 };
      const ends = Math.min(at + length, window.toMs);
      const silent = !lane.some((o) => o.outcome === 'answered' && o.endMs >= at && o.endMs <= ends);
      const longest = Math.max(...gapsOf(lane, window).map((gap) => gap.lengthMs));
      if (silent) assert.ok(longest >= ends - at);
    }),
  );
});

test('latency counts from the due time and includes failures', () => {
  const late: Outcome = { ...search(0, 1_500), sentMs: 1_400 };
  assert.equal(Math.round(latencyOf([late]).maxMs / 10), 150);
  assert.equal(Math.round(latencyOf([search(0, 3_000, false)]).p50Ms / 10), 300);
  assert.deepEqual(latencyOf([]), { p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 });
});
