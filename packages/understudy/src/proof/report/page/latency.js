// Latency over time, a chart for each operation.
'use strict';

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
