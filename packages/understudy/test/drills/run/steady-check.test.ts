// Old words prove nothing of now: statistics of the generator and samples of the system have an age.
import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultSteadyState } from '../../../src/proof/goals.ts';
import { steadyFor } from '../../../src/drills/run/steady-check.ts';
import { watchBudget } from '../../../src/drills/run/error-budget.ts';
import { startSamplers } from '../../../src/drills/run/samplers.ts';
import { LiveState } from '../../../src/proof/load/live-state.ts';
import { systemClock } from '@understudy/foundation';
import { smallSystem } from '../small-system.ts';

const stats = { atMs: 10_000, total: 300, failed: 0, steadySinceMs: 2_000, maxLagMs: 3 };
const at = (nowMs: number) => ({ ...systemClock, now: () => nowMs });
const steadyAt = (nowMs: number) => steadyFor({ stats: () => stats }, at(nowMs), defaultSteadyState, 5_000);

test('a steady state is seen while the statistics are younger than a report and the allowed lag', () => {
  assert.deepEqual(steadyAt(10_450), {
    seen: true,
    detail: 'steady for 8000 ms of 5000, 0 of 300 requests failed',
    sinceMs: 5_000,
    silentMs: null,
  });
});

test('older statistics, or those with a time in the future, do not show a steady state', () => {
  const { seen, silentMs, detail } = steadyAt(10_451);
  assert.equal(seen, false);
  assert.equal(silentMs, 451);
  assert.equal(detail, 'the load generator has not reported for 451 ms, at most 450 ms are allowed');
  assert.equal(steadyAt(9_549).seen, false);
});

test('a lane that had no success yet is not steady', () => {
  const live = new LiveState(['search', 'index'], defaultSteadyState, 0);
  const found = {
    seq: 1,
    operation: 'search',
    lane: 'search',
    outcome: 'answered',
    dueMs: 1,
    sentMs: 1,
    endMs: 5,
    status: 200,
  } as const;
  live.record(found);
  assert.equal(live.stats(900).steadySinceMs, 900);
  live.record({ ...found, operation: 'index', lane: 'index', outcome: 'acknowledged', endMs: 950 });
  assert.equal(live.stats(1_000).steadySinceMs, 900);
});

test('a generator without reports ends the run, also in a drill where requests are expected to fail', async () => {
  const reason = await new Promise<string>((spent) => {
    const budget = { ratio: null, steady: defaultSteadyState, spent };
    void watchBudget(budget, { stats: () => stats }, at(15_451), new AbortController().signal);
  });
  assert.equal(reason, 'the load generator has not reported for 5451 ms');
});

test(
  'a balancer that does not answer does not count as recovered, and does not delay the other samples',
  { timeout: 60_000 },
  async () => {
    const system = await smallSystem();
    let answers = true;
    const never = new Promise<never>(() => undefined);
    let aheadMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    const balancer = { ...system.world.balancer, nodes: () => (answers ? system.world.balancer.nodes() : never) };
    const folder = await mkdtemp(join(tmpdir(), 'understudy-samplers-'));
    const samplers = await startSamplers({ ...system.world, balancer, clock }, folder, 200);
    while (!samplers.protection().protected) await sleep(50);
    answers = false;
    // As after a pause of the tool: time has passed, and the last answers are old.
    aheadMs = 12_000;
    assert.match(samplers.protection().detail, /^cluster unknown .*; balancer: unknown$/);
    while (!samplers.protection().detail.startsWith('cluster green')) await sleep(50);
    assert.equal(samplers.protection().protected, false);
    await samplers.stop();
    await system.close();
  },
);
