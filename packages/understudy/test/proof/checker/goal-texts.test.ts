// What a missed goal is called: a value that was seen with its goal, and in words what was not seen at all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goalReasons, showSeen } from '../../../src/proof/checker/goal-checks.ts';
import type { GoalCheck, GoalId } from '../../../src/proof/index.ts';

function textOf(id: GoalId, seen: number | null, unit: GoalCheck['unit'] = 'ms'): string | undefined {
  return goalReasons([{ id, goal: 'recovery', limit: 20_000, seen, unit, met: false }])[0]?.text;
}

test('a value is said with its goal', () => {
  assert.equal(textOf('rtoMs', 25_000), 'recovery: 25.0 s, goal at most 20.0 s');
});

test('a goal that is missed by less than is shown has all its digits', () => {
  assert.equal(textOf('rtoMs', 20_013), 'recovery: 20.0 s (20013 ms), goal at most 20.0 s');
  const ratio = { seen: 0.010004, limit: 0.01, unit: 'ratio' } as const;
  assert.equal(showSeen({ ...ratio, met: false }), '1.0 % (0.010004)');
  assert.equal(showSeen({ ...ratio, seen: 0.01, met: true }), '1.0 %');
});

test('what was not seen is said in words', () => {
  assert.equal(textOf('backWithinMs', null), 'steady state was not seen again after the undo; goal: within 20.0 s');
  assert.equal(textOf('rtoMs', null), 'steady state was not seen again after the fault; goal: within 20.0 s');
  for (const id of ['reprotectedMs', 'undoneWithinMs'] as const)
    assert.match(textOf(id, null) ?? '', /not seen .*within/);
});
