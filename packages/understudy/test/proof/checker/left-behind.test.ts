import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leftBehind } from '../../../src/proof/checker/left-behind.ts';
import { failedUnitsFact } from '../../../src/proof/history/records.ts';
import { runPlan } from '../../drills/plans.ts';

function textsOf(fact: string, before: string, after: string | null): string[] {
  const states = (value: string | null) =>
    value === null ? [] : [{ machine: 'demo-search-1', facts: { [fact]: value } }];
  const machines = { before: states(before), after: states(after) };
  const rest = { plan: runPlan(), plannedWrites: [], outcomes: [], engine: [], balancer: [], reads: [], journal: [] };
  return leftBehind({ ...rest, machines }).map(({ text }) => text);
}

test('a fact that changed was left behind, one that is unknown afterwards too', () => {
  assert.deepEqual(textsOf('nft tables', '', ''), []);
  const [changed] = textsOf('nft tables', '', 'table inet x');
  assert.equal(changed, 'demo-search-1 is not as it was: nft tables was "", now "table inet x"');
  assert.match(textsOf('nft tables', 'table inet x', '')[0] ?? '', /was "table inet x", now ""/);
  assert.match(textsOf(failedUnitsFact, 'a.service', null)[0] ?? '', /now unknown/);
});

test('a failed unit that recovered was not left behind; one that failed in the run was', () => {
  assert.deepEqual(textsOf(failedUnitsFact, 'a.service b.service', ''), []);
  assert.deepEqual(textsOf(failedUnitsFact, 'a.service b.service', 'b.service'), []);
  assert.equal(textsOf(failedUnitsFact, '', 'c.service').length, 1);
  assert.equal(textsOf(failedUnitsFact, 'a.service b.service', 'b.service c.service').length, 1);
});
