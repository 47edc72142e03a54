// Goals, documents, lanes, what was not measured, and the journal as tables.
'use strict';

function table(columns, rows) {
  const cell = (tag, [text, className]) => h(tag, className ?? '', text);
  return h(
    'div',
    'scroll',
    h(
      'table',
      '',
      h('thead', '', h('tr', '', ...columns.map((column) => cell('th', column)))),
      h(
        'tbody',
        '',
        ...rows.map((row) =>
          h('tr', '', ...row.map((value) => (value instanceof Node ? h('td', '', value) : cell('td', value)))),
        ),
      ),
    ),
  );
}
function goalsTable() {
  const rows = verdict.goals.map((check) => [
    [check.goal],
    [show(check.seen, check.unit), 'num'],
    [check.limit === null ? 'no goal set' : `at most ${show(check.limit, check.unit)}`, 'num'],
    check.limit === null ? ['not judged', ''] : check.met ? ['met', 'yes'] : ['missed', 'no'],
  ]);
  return h('section', '', h('h2', '', 'Goals'), table([['goal'], ['seen', 'num'], ['goal', 'num'], ['']], rows));
}
function documentsTable() {
  const meaning = {
    ok: 'acknowledged, and in every copy and the search',
    absent: 'never acknowledged, and absent',
    recovered: 'outcome unknown to the client, and present',
    stale: 'a copy has an older revision than was acknowledged',
    unexpected: 'present, although rejected or never sent',
    duplicate: 'more than one document for one write',
    lost: 'acknowledged, and missing somewhere',
  };
  const rows = Object.entries(meaning).map(([name, text]) => [
    [name],
    [count(verdict.documents.counts[name]), 'num'],
    [text, 'wide soft'],
  ]);
  return h(
    'section',
    '',
    h('h2', '', 'Every document, read back'),
    table([['class'], ['documents', 'num'], ['meaning']], rows),
  );
}
function lanesTable() {
  const rows = verdict.lanes.map((lane) => [
    [lane.lane],
    [count(lane.requests), 'num'],
    [count(lane.failed), lane.failed > 0 ? 'num no' : 'num'],
    [ms(lane.longestGap.lengthMs), 'num'],
    [ms(lane.latency.p50Ms), 'num'],
    [ms(lane.latency.p99Ms), 'num'],
    [ms(lane.latency.maxMs), 'num'],
  ]);
  const columns = [
    ['lane'],
    ['requests', 'num'],
    ['failed', 'num'],
    ['longest gap', 'num'],
    ['p50', 'num'],
    ['p99', 'num'],
    ['slowest', 'num'],
  ];
  return h('section', '', h('h2', '', 'Lanes, from the fault to the end'), table(columns, rows));
}
function honesty() {
  const { ratePerS, urls } = plan.workload;
  const load = `${ratePerS.index} writes, ${ratePerS.get} gets, ${ratePerS.search} searches a second, open loop, from outside through ${urls.join(' and ')}`;
  return h(
    'section',
    '',
    h('h2', '', 'What this run does not measure'),
    h('ul', 'plain', ...plan.doesNotMeasure.map((text) => h('li', '', text))),
    h(
      'p',
      'hint',
      `Load: ${load}. The generator was at most ${ms(verdict.generator.maxLagMs)} late (limit ${ms(plan.steady.maxLagMs)}). Seed ${plan.seed}.`,
    ),
  );
}
function journal() {
  const rows = series.events.map(({ atS, event, text }) => [
    [`${atS.toFixed(2)} s`, 'num'],
    [event.replaceAll('-', ' ')],
    [text, 'wide soft'],
  ]);
  return h('section', '', h('details', '', h('summary', '', 'Journal'), table([['at', 'num'], ['event'], ['']], rows)));
}
