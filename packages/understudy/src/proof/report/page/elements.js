// What every part of the page uses: the data, elements, numbers as text, colours. Every text goes in as text, never as markup.
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
