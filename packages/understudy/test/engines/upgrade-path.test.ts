// Which version may follow which, as the vendors say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upgradeProblem } from '../../src/engines/index.ts';

for (const [engine, from, to, code] of [
  ['elasticsearch', '9.5.3', '9.5.3', undefined],
  ['elasticsearch', '9.2.4', '9.5.3', undefined],
  ['elasticsearch', '8.19.21', '9.5.3', undefined],
  ['elasticsearch', '8.18.0', '9.0.3', undefined],
  ['elasticsearch', '7.17.29', '8.0.0', undefined],
  ['elasticsearch', '8.1.0', '8.19.21', undefined],
  ['elasticsearch', '8.18.8', '9.1.0', 'version-between-missing'],
  ['elasticsearch', '8.17.4', '9.0.3', 'version-between-missing'],
  ['elasticsearch', '8.19.0', '9.0.3', 'downgrade'],
  ['elasticsearch', '7.16.3', '8.2.0', 'version-between-missing'],
  ['elasticsearch', '7.17.29', '9.5.3', 'version-between-missing'],
  ['elasticsearch', '9.5.3', '9.5.2', 'downgrade'],
  ['elasticsearch', '9.10.0', '9.9.0', 'downgrade'],
  ['elasticsearch', '9.5.3', '8.19.21', 'downgrade'],
  ['elasticsearch', '9.5.3', '10.0.0', 'version-between-missing'],
  ['elasticsearch', '9.5.3', '9.6.0-rc1', 'version-unreadable'],
  ['elasticsearch', 'latest', '9.6.0', 'version-unreadable'],
  ['opensearch', '2.19.4', '3.4.0', undefined],
  ['opensearch', '3.0.0', '3.9.0', undefined],
  ['opensearch', '2.18.0', '3.4.0', 'version-between-missing'],
  ['opensearch', '1.3.20', '3.0.0', 'version-between-missing'],
  ['opensearch', '3.4.0', '2.19.4', 'downgrade'],
] as const) {
  test(`${engine} ${from} to ${to}: ${code ?? 'may be'}`, () => {
    const problem = upgradeProblem(engine, from, to);
    assert.equal(problem?.code, code);
    if (problem) assert.ok(problem.sentence.includes(from) && problem.sentence.includes(to), problem.sentence);
  });
}

test('the message names the release to upgrade to first', () => {
  assert.equal(
    upgradeProblem('elasticsearch', '8.12.0', '9.5.3')?.sentence,
    'elasticsearch 9.5.3 can be reached only from 8.19; the cluster runs 8.12.0. Upgrade to the newest release of 8.19 first.',
  );
});
