import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureRecovery } from '../../../src/proof/checker/times.ts';
import type { JournalEntry } from '../../../src/proof/history/journal-entry.ts';
import type { EngineSample, Outcome } from '../../../src/proof/history/records.ts';
import type { History } from '../../../src/proof/history/run-folder.ts';
import { runPlan } from '../../drills/plans.ts';

/** Searches every 100 ms for 60 s; the ones due in the outage end when it ends. */
function searches(outage: { fromMs: number; toMs: number } | null, failing = false): Outcome[] {
  return Array.from({ length: 600 }, (_, at) => {
    const dueMs = at * 100;
    const held = outage !== null && dueMs >= outage.fromMs && dueMs < outage.toMs;
    return {
      seq: at,
      operation: 'search',
      lane: 'search',
      outcome: held && failing ? 'failed' : 'answered',
      dueMs,
      sentMs: dueMs,
      endMs: held && !failing ? outage.toMs : dueMs + 5,
      status: 200,
    };
  });
}

function engine(changes: (atMs: number) => Partial<EngineSample>): EngineSample[] {
  return Array.from({ length: 120 }, (_, at) => ({
    atMs: at * 500,
    machine: 'search-1',
    answered: true,
    status: 'green',
    nodes: 3,
    master: 'search-3',
    ...changes(at * 500),
  }));
}

function history(parts: Partial<History>): History {
  const journal: JournalEntry[] = [
    { atMs: 0, event: 'steady-begun' },
    { atMs: 10_000, event: 'inject-begun', facts: { fault: 'nothing' } },
    { atMs: 10_000, event: 'effective', facts: { seen: 'gone', seenAtMs: 10_100 } },
    { atMs: 40_000, event: 'undo-begun' },
    { atMs: 42_000, event: 'undone', facts: { seen: 'back' } },
  ];
  const balancer = [{ atMs: 20_000, answered: true, nodes: [] }];
  return {
    plan: runPlan(),
    journal,
    plannedWrites: [],
    outcomes: [],
    engine: [],
    balancer,
    reads: [],
    machines: null,
    ...parts,
  };
}

test('a fault without effect on requests has an RTO of zero', () => {
  const { rtoMs, times } = measureRecovery(history({ outcomes: searches(null), engine: engine(() => ({})) }));
  assert.equal(rtoMs, 0);
  assert.equal(times.detectedMs, null);
  assert.equal(times.reprotectedMs, 0);
});

test('an outage of 4.2 s gives an RTO of 4.2 s, whether requests waited or failed', () => {
  const outage = { fromMs: 10_000, toMs: 14_200 };
  assert.equal(measureRecovery(history({ outcomes: searches(outage) })).rtoMs, 4_200);
  const failed = measureRecovery(history({ outcomes: searches(outage, true) })).rtoMs ?? 0;
  assert.ok(Math.abs(failed - 4_200) <= 105, String(failed));
});

test('disturbances closer together than the hold time are one', () => {
  const outcomes = searches({ fromMs: 10_000, toMs: 12_000 }).map((outcome) =>
    outcome.dueMs === 12_500 ? { ...outcome, outcome: 'failed' as const } : outcome,
  );
  assert.equal(measureRecovery(history({ outcomes })).rtoMs, 2_500);
});

test('a second disturbance at the undo does not lengthen the recovery from the fault', () => {
  const outcomes = searches({ fromMs: 10_000, toMs: 12_000 }).map((outcome) =>
    outcome.dueMs === 45_000 ? { ...outcome, outcome: 'failed' as const } : outcome,
  );
  const recovery = measureRecovery(history({ outcomes }));
  assert.equal(recovery.rtoMs, 2_000);
  assert.equal(recovery.undoneAfterMs, 2_000);
});

test('a system that never becomes steady again has no recovery time', () => {
  const { rtoMs, times } = measureRecovery(history({ outcomes: searches({ fromMs: 10_000, toMs: 60_000 }, true) }));
  assert.equal(rtoMs, null);
  assert.equal(times.firstSuccessMs, null);
});

test('detection is the first sample that misses a node, reprotection the end of the last that was not green', () => {
  const samples = engine((atMs) => ({
    ...(atMs >= 13_000 && atMs < 44_000 ? { nodes: 2 } : {}),
    ...(atMs >= 13_500 && atMs < 43_000 ? { status: 'yellow' as const } : {}),
  }));
  const { times } = measureRecovery(history({ outcomes: searches(null), engine: samples }));
  assert.equal(times.detectedMs, 3_000);
  assert.equal(times.reprotectedMs, 33_000);
});

test('in a partition, the side with a master and more nodes is used', () => {
  const alone = engine(() => ({ machine: 'search-3', status: 'red', nodes: 1, master: null }));
  const samples = [...engine(() => ({})), ...alone];
  assert.equal(measureRecovery(history({ outcomes: searches(null), engine: samples })).times.reprotectedMs, 0);
});

test('requests that hang into the recovery and fail there do not lengthen the outage', () => {
  const outcomes = searches({ fromMs: 10_000, toMs: 12_000 }, true).map((outcome) =>
    outcome.outcome === 'failed' ? { ...outcome, endMs: outcome.dueMs + 12_000 } : outcome,
  );
  const rtoMs = measureRecovery(history({ outcomes })).rtoMs ?? 0;
  assert.ok(Math.abs(rtoMs - 2_000) <= 105, String(rtoMs));
});
