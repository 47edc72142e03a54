// Puts the page together, in the order in which it is read.
'use strict';

root.append(
  ...[
    ...head(),
    cards(),
    reasons(),
    fiveTimes(),
    timeline(),
    series.latency.length > 0 ? latencyCharts() : null,
    h('div', 'two', goalsTable(), documentsTable()),
    lanesTable(),
    honesty(),
    journal(),
    h(
      'footer',
      '',
      'Derived from the run folder beside this page. ',
      h('code', '', `understudy drill verify ${plan.runId}`),
      ' derives the verdict again.',
    ),
  ].filter((part) => part !== null),
);
