// The top of the page: what was broken, goals, reasons, the five times.
'use strict';

function head() {
  const where = plan.surroundings;
  const facts = [
    ['cluster', plan.cluster],
    ['hit', verdict.targets.join(', ') || 'nothing'],
    ['engine', `${where.engine}, failover ${where.failover}`],
    ['machines', `${where.searchMachines} search, ${where.serviceMachines} service`],
    ...(verdict.notSent ?? []).map(({ operation, because }) => [`no ${operation}`, because]),
    ['when', new Date(plan.startedMs).toISOString().replace('T', ' ').slice(0, 19) + ' UTC'],
  ];
  return [
    h(
      'div',
      'top',
      h('div', '', h('h1', '', verdict.drill), h('p', 'soft', `Stands for ${plan.standsFor}.`)),
      h('div', `badge ${verdict.result}`, verdict.result),
    ),
    h('div', 'meta', ...facts.map(([name, value]) => h('span', '', `${name} `, h('b', '', value)))),
  ];
}

function card(name, value, limitText, state) {
  return h('div', `card ${state}`, h('div', 'name', name), h('div', 'value', value), h('div', 'goal', limitText));
}
function limitOf(check) {
  return check.limit === null ? 'no goal set, so not judged' : `goal at most ${show(check.limit, check.unit)}`;
}
function goalCard(title, id) {
  const check = goal(id);
  if (!check || verdict.lanes.length === 0) return null;
  return card(
    title,
    show(check.seen, check.unit),
    limitOf(check),
    check.limit === null ? '' : check.met ? 'met' : 'missed',
  );
}
function cards() {
  const { total, failed, writesAcknowledged } = verdict.requests;
  const errors = goal('maxErrorRatio');
  const lost = goal('lost');
  return h(
    'div',
    'cards',
    goalCard('Longest without a write', 'longestWriteGapMs'),
    goalCard('Longest without a read', 'longestReadGapMs'),
    card(
      'Failed requests',
      count(failed),
      `of ${count(total)}; ${limitOf(errors)}`,
      errors.limit === null ? '' : errors.met ? 'met' : 'missed',
    ),
    card('Recovery time (RTO)', ms(verdict.rtoMs), 'from effect to steady state', ''),
    card(
      'Lost writes',
      count(verdict.rpo.lost),
      `of ${count(writesAcknowledged)} acknowledged`,
      lost.met ? 'met' : 'missed',
    ),
  );
}

function reasons() {
  if (verdict.reasons.length === 0) return null;
  return h(
    'section',
    verdict.result,
    h('h2', '', `Why ${verdict.result}`),
    h('ul', 'reasons', ...verdict.reasons.map((reason) => h('li', '', reason.text))),
  );
}

function fiveTimes() {
  const { times } = verdict;
  if (times.effectiveMs === null) return null;
  const step = (name, value, what, never) =>
    h('div', never ? 'step never' : 'step', h('div', 'name', name), h('div', 'value', value), h('div', 'what', what));
  const after = (value) => (value === null ? 'not seen' : value === 0 ? 'at once' : `+${ms(value)}`);
  return h(
    'section',
    '',
    h('h2', '', 'Times of the fault'),
    h(
      'div',
      'steps',
      step('effective', new Date(times.effectiveMs).toISOString().slice(11, 19), 'the fault was seen to work'),
      step('detected', after(times.detectedMs), 'cluster or balancer noticed', times.detectedMs === null),
      step('first success', after(times.firstSuccessMs), 'in every lane', times.firstSuccessMs === null),
      step('stable', after(times.stableMs), 'steady state held again', times.stableMs === null),
      step('reprotected', after(times.reprotectedMs), 'every copy and backend in place', times.reprotectedMs === null),
    ),
  );
}
