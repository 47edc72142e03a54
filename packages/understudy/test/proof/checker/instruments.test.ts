import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instrumentReasons, maxLagMs } from '../../../src/proof/checker/instruments.ts';
import type { JournalEntry, JournalFacts } from '../../../src/proof/history/journal-entry.ts';
import type { Outcome } from '../../../src/proof/history/records.ts';
import type { History } from '../../../src/proof/history/run-folder.ts';
import type { WorkloadEnd } from '../../../src/proof/load/messages.ts';
import { dueMs, lanesOf } from '../../../src/proof/load/schedule.ts';
import { runPlan } from '../../drills/plans.ts';

const plan = runPlan();
const end: WorkloadEnd = { firstDueMs: 2_000, stoppedMs: 5_000, endedMs: 5_020, longestPauseMs: 12 };
const health = { longestPauseMs: 110, longestNoteMs: 9, clockStepMs: 0 };

/** Every request of the schedule, sent 1 ms after it was due; gets begin a second later. */
const outcomes: Outcome[] = lanesOf(plan.workload).flatMap((lane) =>
  Array.from({ length: 200 }, (_, count) => dueMs(lane, end.firstDueMs, count))
    .filter((due) => due < end.stoppedMs && (lane.operation !== 'get' || due >= 3_000))
    .map((due, seq) => ({
      seq,
      operation: lane.operation,
      lane: lane.name,
      outcome: lane.operation === 'index' ? 'acknowledged' : 'answered',
      dueMs: due,
      sentMs: due + 1,
      endMs: due + 4,
      status: 200,
    })),
);

function codesOf(
  changes: Partial<History>,
  generator: WorkloadEnd | null = end,
  watched: JournalFacts<'tool-watched'> | null = health,
): string[] {
  const journal: JournalEntry[] = [
    { atMs: 500, event: 'workload-started', facts: { pid: 1 } },
    { atMs: 5_030, event: 'workload-stopped', facts: { generator } },
    ...(watched ? [{ atMs: 5_031, event: 'tool-watched', facts: { ...watched } } as const] : []),
  ];
  const rest = { plan, plannedWrites: [], engine: [], balancer: [], reads: [], machines: null };
  return instrumentReasons({ ...rest, journal, outcomes, ...changes }).map(({ code }) => code);
}

test('instruments that worked give no reason', () => assert.deepEqual(codesOf({}), []));

test('a generator without a record of its end makes the run invalid', () => {
  assert.deepEqual(codesOf({}, null), ['generator-died']);
});

test('a request that was due before the stop and not sent counts as lag until the stop', () => {
  const cut = (lastMs: number): Outcome[] =>
    outcomes.map((outcome) =>
      outcome.dueMs < lastMs ? outcome : { ...outcome, outcome: 'unsent', sentMs: end.stoppedMs, endMs: end.stoppedMs },
    );
  assert.deepEqual(codesOf({ outcomes: cut(4_700) }), ['generator-stalled']);
  assert.deepEqual(codesOf({ outcomes: cut(4_900) }), []);
  assert.ok(maxLagMs({ plan, outcomes: cut(4_700) } as unknown as History) > 250);
});

test('a write that was due after the stop is not lag', () => {
  const later: Outcome = { ...outcomes[0]!, outcome: 'unsent', dueMs: 5_900, sentMs: 5_900, endMs: 5_900 };
  assert.deepEqual(codesOf({ outcomes: [...outcomes, later] }), []);
});

test('one scheduled request without a record is detected, in every lane', () => {
  for (const { name } of lanesOf(plan.workload)) {
    const at = outcomes.findLastIndex(({ lane }) => lane === name);
    assert.deepEqual(codesOf({ outcomes: outcomes.toSpliced(at, 1) }), ['generator-stalled'], name);
  }
});

test('a process that did not run is stalled, also with a slow schedule', () => {
  assert.deepEqual(codesOf({}, { ...end, longestPauseMs: 251 }), ['generator-stalled']);
  assert.deepEqual(codesOf({}, { ...end, longestPauseMs: 250 }), []);
});

test('timestamps of a generator outside of its run time show that its clock differs from that of the tool', () => {
  assert.deepEqual(codesOf({}, { ...end, endedMs: 5_031 }), ['clocks-differ']);
  const early = { ...end, firstDueMs: 400 };
  assert.ok(codesOf({}, early).includes('clocks-differ'));
});

test('a tool without samples, with a pause, with late writes or with a changed clock makes the run invalid', () => {
  assert.deepEqual(codesOf({}, end, null), ['tool-unwatched']);
  assert.deepEqual(codesOf({}, end, { ...health, longestPauseMs: 1_001 }), ['tool-stalled']);
  assert.deepEqual(codesOf({}, end, { ...health, longestNoteMs: 1_001 }), ['history-slow']);
  assert.deepEqual(codesOf({}, end, { ...health, clockStepMs: -1_001 }), ['clock-stepped']);
  assert.deepEqual(codesOf({}, end, { longestPauseMs: 1_000, longestNoteMs: 1_000, clockStepMs: 1_000 }), []);
});
