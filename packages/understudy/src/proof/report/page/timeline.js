// The timeline: lanes and samples as strips of bars over one axis.
'use strict';

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
