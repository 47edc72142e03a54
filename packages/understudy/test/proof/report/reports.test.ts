import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '../../../src/proof/checker/check.ts';
import type { History } from '../../../src/proof/history/run-folder.ts';
import { escape, junitOf } from '../../../src/proof/report/junit.ts';
import { pageOf } from '../../../src/proof/report/page.ts';
import { reportOf } from '../../../src/proof/report/report.ts';
import { renderTable, verdictTable, worstAndMedian } from '../../../src/proof/report/table.ts';
import { runPlan } from '../../drills/plans.ts';

const history: History = {
  plan: runPlan({ drill: 'search-</script>-&' }),
  journal: [{ atMs: 1, event: 'aborted', facts: { reason: '</script><b>& "quoted"' } }],
  plannedWrites: [],
  outcomes: [],
  engine: [],
  balancer: [],
  reads: [],
  machines: null,
};
const verdict = check(history);
const write: History['outcomes'][number] = {
  seq: 1,
  operation: 'index',
  lane: 'index-0',
  outcome: 'acknowledged',
  dueMs: 2,
  sentMs: 2,
  endMs: 5,
  status: 201,
};

test('an aborted run is an error in JUnit, its goals are skipped, and everything is escaped', () => {
  const xml = junitOf(verdict);
  assert.match(xml, /<testsuite name="drill search-&lt;\/script&gt;-&amp;" tests="\d+" failures="0" errors="1"/);
  assert.match(xml, /<error message="ABORTED">stopped: &lt;\/script&gt;&lt;b&gt;&amp; &quot;quoted&quot;/);
  assert.match(xml, /<testcase name="lost" classname="[^"]+"><skipped\/>/);
  assert.equal(escape('a\u0000b\u001f<'), 'ab&lt;');
});

test('the page contains everything that it needs, and no text of a run can end its script', async () => {
  const page = await pageOf(reportOf(history, verdict));
  // The data, the chart library, and the six parts of the page's own script.
  assert.equal(page.match(/<\/script>/g)?.length, 8);
  assert.doesNotMatch(page, /(src|href)="?http|<!-- put|<link|@import/);
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
  assert.deepEqual((JSON.parse(data) as { verdict: unknown }).verdict, JSON.parse(JSON.stringify(verdict)));
});

test('the table has one aligned row for each run', () => {
  const lines = renderTable(verdictTable([verdict, { ...verdict, drill: 'noop' }])).split('\n');
  assert.equal(lines.length, 4);
  assert.match(lines[0] ?? '', /^drill +verdict +write gap +read gap/);
  assert.match(lines[3] ?? '', /^noop +ABORTED +-/);
});

test('worst and median are values that were seen', () => {
  const runs = [5, 1, 9, 3].map((seen) => ({
    ...verdict,
    goals: [
      { id: 'longestWriteGapMs' as const, goal: 'another text', limit: 10, seen, unit: 'ms' as const, met: true },
    ],
  }));
  assert.deepEqual(worstAndMedian(runs, 'longestWriteGapMs'), { worst: 9, median: 3 });
  assert.equal(worstAndMedian([], 'longestWriteGapMs'), null);
});

test('goals are found by id, whatever their text is, and the ids are the keys of the goals', () => {
  assert.deepEqual(
    verdict.goals.map(({ id }) => id),
    Object.keys(history.plan.goals),
  );
  const ran = check({
    ...history,
    outcomes: [write],
    journal: [{ atMs: 1, event: 'inject-begun', facts: { fault: 'nothing' } }],
  });
  const renamed = { ...ran, goals: ran.goals.map((goal) => ({ ...goal, goal: `renamed ${goal.id}` })) };
  assert.equal(renderTable(verdictTable([renamed])), renderTable(verdictTable([ran])));
  assert.notEqual(verdictTable([ran]).rows[0]?.[2], '-');
});
