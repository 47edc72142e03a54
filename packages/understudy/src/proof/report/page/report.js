// Draws the report out of the JSON in the page. No network, no framework; every text goes in as text, never as markup.
(() => {
  'use strict';
  const report = JSON.parse(document.getElementById('data').textContent);
  const { plan, verdict, series } = report;
  const root = document.getElementById('report');

  /** h('p', 'class', child, child): children are nodes, strings or null. */
  function h(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }
  function styled(node, style) {
    Object.assign(node.style, style);
    return node;
  }
  function ms(value) {
    if (value === null) return 'not seen';
    if (value < 1000) return `${Math.round(value)} ms`;
    if (value < 60000) return `${(value / 1000).toFixed(1)} s`;
    return `${Math.floor(value / 60000)} min ${Math.round((value % 60000) / 1000)} s`;
  }
  function show(value, unit) {
    if (value === null) return 'not seen';
    if (unit === 'ms') return ms(value);
    if (unit === 'ratio') return value === 0 ? '0 %' : `${Number((value * 100).toPrecision(2))} %`;
    return String(value);
  }
  const count = (value) => value.toLocaleString('en');
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  /** A canvas knows no light-dark(): an element resolves the colour for it. */
  function color(name, alpha = 1) {
    const probe = styled(h('i', ''), { color: `var(${name})` });
    root.append(probe);
    const resolved = getComputedStyle(probe).color;
    probe.remove();
    return alpha === 1 ? resolved : resolved.replace('rgb(', 'rgba(').replace(')', `, ${alpha})`);
  }
  const goal = (id) => verdict.goals.find((candidate) => candidate.id === id);
  const percent = (seconds) => `${(100 * Math.min(Math.max(seconds / series.endS, 0), 1)).toFixed(3)}%`;

  function head() {
    const where = plan.surroundings;
    const facts = [
      ['cluster', plan.cluster],
      ['hit', verdict.targets.join(', ') || 'nothing'],
      ['engine', `${where.engine}, failover ${where.failover}`],
      ['machines', `${where.searchMachines} search, ${where.serviceMachines} service`],
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
    return check.limit === null ? 'no goal, not judged' : `goal at most ${show(check.limit, check.unit)}`;
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
      h('h2', '', 'Five times of the fault'),
      h(
        'div',
        'steps',
        step('effective', new Date(times.effectiveMs).toISOString().slice(11, 19), 'the fault was seen to work'),
        step('detected', after(times.detectedMs), 'cluster or balancer noticed', times.detectedMs === null),
        step('first success', after(times.firstSuccessMs), 'in every lane', times.firstSuccessMs === null),
        step('stable', after(times.stableMs), 'steady state held again', times.stableMs === null),
        step(
          'reprotected',
          after(times.reprotectedMs),
          'every copy and backend in place',
          times.reprotectedMs === null,
        ),
      ),
    );
  }

  /** Neighbouring cells of one tone become one bar. */
  function bars(starts, tones, ends) {
    const out = [];
    for (let at = 0; at < starts.length; at += 1) {
      const last = out.at(-1);
      if (last && last.tone === tones[at] && Math.abs(last.to - starts[at]) < 1e-6) last.to = ends[at];
      else out.push({ from: starts[at], to: ends[at], tone: tones[at] });
    }
    return out;
  }
  function strip(label, starts, tones, ends, title) {
    const bar = h('div', 'bar');
    for (const { from, to, tone } of bars(starts, tones, ends)) {
      if (tone === null) continue;
      const cell = styled(h('i', ''), { left: percent(from), width: percent(to - from), background: `var(${tone})` });
      cell.title = `${from.toFixed(1)} to ${to.toFixed(1)} s`;
      bar.append(cell);
    }
    const name = h('div', 'label', label);
    name.title = title ?? label;
    return h('div', 'strip', name, bar);
  }
  function laneStrip({ lane, bucketS, due, succeeded }) {
    const starts = due.map((_, at) => at * bucketS);
    const tones = due.map((wanted, at) =>
      wanted === 0 ? null : succeeded[at] === wanted ? '--good' : succeeded[at] === 0 ? '--bad' : '--warn',
    );
    // A bucket without a request says nothing new: it continues what was.
    for (let at = 1; at < tones.length; at += 1) tones[at] ??= tones[at - 1];
    return strip(
      lane,
      starts,
      tones,
      starts.map((start) => start + bucketS),
    );
  }
  function sampleStrip(label, atS, values, tone) {
    const ends = atS.map((_, at) => atS[at + 1] ?? series.endS);
    return strip(label, atS, values.map(tone), ends);
  }
  const clusterTone = (status) => ({ green: '--good', yellow: '--warn', red: '--bad' })[status] ?? '--idle';

  function niceStep(span) {
    return [1, 2, 5, 10, 15, 30, 60, 120, 300].find((step) => span / step <= 12) ?? 600;
  }
  function tickTimes() {
    const step = niceStep(series.endS);
    return Array.from({ length: Math.floor(series.endS / step) + 1 }, (_, at) => at * step);
  }
  function ticks() {
    return h('div', 'ticks', ...tickTimes().map((at) => styled(h('span', '', `${at} s`), { left: percent(at) })));
  }
  function overlay() {
    const layer = h('div', 'overlay');
    if (series.fault) {
      const { fromS, toS } = series.fault;
      layer.append(
        styled(h('div', 'fault', h('span', '', 'fault')), { left: percent(fromS), width: percent(toS - fromS) }),
      );
    }
    return layer;
  }
  function timeline() {
    const { cluster } = series;
    const most = Math.max(plan.surroundings.searchMachines, 1);
    const strips = h(
      'div',
      'strips',
      overlay(),
      h('div', 'group', 'Users, through the balancer'),
      ...series.availability.map(laneStrip),
      h('div', 'group', 'Cluster'),
      sampleStrip('status', cluster.atS, cluster.status, clusterTone),
      sampleStrip('nodes', cluster.atS, cluster.nodes, (nodes) =>
        nodes >= most ? '--good' : nodes * 2 > most ? '--warn' : '--bad',
      ),
      h('div', 'group', 'Backends, as the balancer sees them'),
      ...series.balancer.map(({ label, atS, status, mode }) =>
        sampleStrip(
          label,
          atS,
          status.map((value, at) => (value === 'UP' && mode[at] !== 'accept' ? 'moved' : value)),
          (value) => ({ UP: '--good', DOWN: '--bad', moved: '--warn' })[value] ?? '--idle',
        ),
      ),
    );
    const key = (tone, text) => h('span', '', styled(h('i', ''), { background: `var(${tone})` }), text);
    return h(
      'section',
      '',
      h('h2', '', 'What happened, second by second'),
      strips,
      ticks(),
      h(
        'div',
        'legend',
        key('--good', 'all answered within a second; green; up'),
        key('--warn', 'some late or failed; yellow; drained'),
        key('--bad', 'none in time; red; down'),
        key('--idle', 'not seen'),
      ),
    );
  }

  function latencyCharts() {
    const holder = h('div', 'chart');
    const draw = () => {
      holder.replaceChildren();
      const width = holder.clientWidth;
      for (const one of series.latency) holder.append(latencyChart(one, width));
    };
    requestAnimationFrame(draw);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
    addEventListener('resize', draw);
    return h(
      'section',
      '',
      h('h2', '', 'Latency, from when each request was due'),
      h(
        'p',
        'hint',
        'Milliseconds on a logarithmic scale, half-second buckets: median (line), 99th percentile (dashed) and slowest (area). Failures count until they failed.',
      ),
      holder,
    );
  }
  function latencyChart({ operation, atS, p50Ms, p99Ms, maxMs }, width) {
    const tone = `--${operation}`;
    const box = h('div', '');
    const axis = {
      stroke: color('--soft'),
      grid: { stroke: color('--line'), width: 1 },
      ticks: { show: false },
      font: '12px system-ui',
    };
    const band = (u) => {
      if (!series.fault) return;
      const from = u.valToPos(series.fault.fromS, 'x', true);
      const to = u.valToPos(series.fault.toS, 'x', true);
      u.ctx.save();
      u.ctx.fillStyle = color('--band');
      u.ctx.fillRect(from, u.bbox.top, to - from, u.bbox.height);
      u.ctx.restore();
    };
    const decades = [1, 10, 100, 1000, 10000, 100000];
    const slowest = Math.max(...maxMs.filter((value) => value !== null), 10);
    const labelSize = 22;
    new window.uPlot(
      {
        width,
        height: 150,
        padding: [10, 0, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        hooks: { drawClear: [band] },
        scales: {
          x: { time: false, range: [0, series.endS] },
          y: { distr: 3, log: 10, range: [1, decades.find((decade) => decade >= slowest) ?? slowest] },
        },
        axes: [
          { ...axis, size: 28, splits: () => tickTimes(), values: (_, values) => values.map((value) => `${value} s`) },
          {
            ...axis,
            size: parseInt(css('--gutter'), 10) - labelSize,
            label: operation,
            labelSize,
            labelFont: '600 13px system-ui',
            splits: () => decades,
            filter: (_, splits) => splits,
            values: (_, values) => values.map((value) => (value >= 1000 ? `${value / 1000} s` : `${value} ms`)),
          },
        ],
        series: [
          {},
          { stroke: color(tone), width: 2, points: { show: false } },
          { stroke: color(tone), width: 1.5, dash: [5, 4], points: { show: false } },
          { stroke: color(tone, 0.5), width: 1, fill: color(tone, 0.1), points: { show: false } },
        ],
      },
      [
        atS,
        ...[p50Ms, p99Ms, maxMs].map((values) => values.map((value) => (value === null ? null : Math.max(value, 1)))),
      ],
      box,
    );
    return box;
  }

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
      [check.limit === null ? 'not judged' : `at most ${show(check.limit, check.unit)}`, 'num'],
      check.limit === null ? ['', ''] : check.met ? ['met', 'yes'] : ['missed', 'no'],
    ]);
    return h('section', '', h('h2', '', 'Goals'), table([['goal'], ['seen', 'num'], ['goal', 'num'], ['']], rows));
  }
  function documentsTable() {
    const meaning = {
      ok: 'acknowledged, and in every copy and the search',
      absent: 'never acknowledged, and not there',
      recovered: 'outcome unknown to the client, and it is there',
      stale: 'a copy is behind what was acknowledged',
      unexpected: 'there, though refused or never sent',
      duplicate: 'more than one for one write',
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
    return h(
      'section',
      '',
      h('details', '', h('summary', '', 'Journal'), table([['at', 'num'], ['event'], ['']], rows)),
    );
  }

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
})();
