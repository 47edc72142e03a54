// Is a difference between the two servers told, and one that does not come again set apart? Are the options checked before anything runs?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSuite } from '../../../../../bench/gateway-suites/compare.ts';
import { tapResults } from '../../../../../bench/gateway-suites/javascript-suite.ts';
import { readOptions } from '../../../../../bench/gateway-suites/options.ts';
import { table } from '../../../../../bench/gateway-suites/table.ts';
import type { Outcome, Result, Suite } from '../../../../../bench/gateway-suites/suite.ts';

const result = (id: string, outcome: Outcome, detail = '', answers: readonly string[] = []): Result => ({
  id,
  outcome,
  detail,
  answers,
});

/** A suite whose results depend on the server and on how often it ran there. */
function suiteOf(results: (url: string, run: number) => readonly Result[]): Suite {
  const runs = new Map<string, number>();
  return {
    name: 'example',
    run: (url, only) => {
      const run = (runs.get(url) ?? 0) + 1;
      runs.set(url, run);
      return Promise.resolve(results(url, run).filter(({ id }) => only?.has(id) !== false));
    },
  };
}

const targets = { direct: 'direct', through: 'through' };
const silent = (): void => undefined;

test('an outcome or an answer that differs twice is a difference; once is unstable; a common failure is neither', async () => {
  const suite = suiteOf((url, run) => [
    result('same', 'passed', '', ['200']),
    result('breaks', url === 'direct' ? 'passed' : 'failed', url === 'direct' ? '' : `at ${run}`),
    result('answer', 'passed', '', ['200', url === 'direct' ? '200 {a}' : '200 {}']),
    result('once', url === 'through' && run === 1 ? 'failed' : 'passed'),
    result('known', 'failed', 'no such part'),
    result('left', 'skipped', 'needs a licence'),
  ]);
  const row = await compareSuite(suite, targets, silent);
  assert.deepEqual(
    row.differences.map(({ test: id, direct, through }) => [id, direct, through]),
    [
      ['breaks', 'passed', 'failed: at 1'],
      ['answer', '200 {a}', '200 {}'],
    ],
  );
  assert.deepEqual(
    row.unstable.map(({ test: id }) => id),
    ['once'],
  );
  assert.deepEqual([row.tests, row.passedDirect, row.passedThrough, row.skipped], [6, 4, 2, 1]);
  assert.deepEqual(row.failedDirect, { known: 'no such part' });
  assert.match(table([row]), /\| example \| 6 \| 1 \| 4 \| 2 \| 2 \| 1 \|/);
});

test('a test that only one side ran is a difference', async () => {
  const suite = suiteOf((url) => (url === 'direct' ? [result('a', 'passed')] : []));
  const [difference] = (await compareSuite(suite, targets, silent)).differences;
  assert.deepEqual([difference?.direct, difference?.through], ['passed', 'not run']);
});

test('the tests of a TAP output are read with their skips and failures', () => {
  const lines = [
    '# Subtest: f',
    '    ok 1 - one # time=4ms',
    '    not ok 2 - two # time=3ms',
    '    ok 3 - three # SKIP',
  ];
  assert.deepEqual(
    tapResults('f.mjs', [...lines, 'not ok 1 - f # time=9ms', 'ok 2 - g # SKIP why'].join('\n')).map(
      ({ id, outcome }) => [id, outcome],
    ),
    [
      ['f.mjs: one', 'passed'],
      ['f.mjs: two', 'failed'],
      ['f.mjs: three', 'skipped'],
      ['f.mjs: f', 'failed'],
      ['f.mjs: g', 'skipped'],
    ],
  );
});

test('wrong options are refused before anything starts, above all a server that is not on this machine', () => {
  const wrong = (...args: string[]): string => {
    const options = readOptions(args);
    return 'wrong' in options ? options.wrong : '';
  };
  assert.match(wrong(), /^No suite is named/);
  assert.match(wrong('--yaml', 'x'), /needs --api/);
  assert.match(wrong('--python', 'x', '--through', 'http://127.0.0.1:1'), /needs --engine/);
  assert.match(wrong('--python', 'x', '--engine', 'http://10.0.0.1:9200'), /must be on this machine/);
  assert.match(wrong('--python', 'x', '--unknown'), /unknown/i);
  assert.equal(wrong('--python', 'x', '--engine', 'http://127.0.0.1:9200', '--through', 'plain'), '');
});
