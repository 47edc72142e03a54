// The part of an answer that is the same in two runs: status, headers without times and lengths, and the names and types in the body.
import type { Answer } from './http.ts';

/** They tell of the connection, the time, or the number of bytes, which differ when nothing is wrong. */
const ignoredHeaders = new Set(['date', 'content-length', 'transfer-encoding', 'connection', 'keep-alive']);
/** Names made by the engine for one run: ids of nodes, of shards, of tasks, of indices. */
const madeName = /^[\w-]{20,22}(:\d+)?$|^\d+$|^\.ds-|\d{4}\.\d\d\.\d\d/;

export function answerShape({ status, headers, text }: Answer): string {
  const kept = [...headers]
    .filter(([name]) => !ignoredHeaders.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const head = kept.map(
    ([name, value]) => `${name}: ${name === 'warning' ? value.replace(/"[^"]*:[^"]*GMT"/g, '') : value}`,
  );
  return `${status} {${head.join('; ')}} ${bodyShape(text)}`;
}

function bodyShape(text: string): string {
  if (text === '') return 'empty';
  try {
    return JSON.stringify(shape(JSON.parse(text), 0));
  } catch {
    return `text of ${text.split('\n').length > 1 ? 'lines' : 'one line'}`;
  }
}

function shape(value: unknown, depth: number): unknown {
  if (value === null || depth > 6) return null;
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0], depth + 1)];
  if (typeof value !== 'object') return typeof value;
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] => [
    madeName.test(name) ? '*' : name,
    (name === 'reason' || name === 'type' || name === 'result') && typeof inner === 'string'
      ? inner
      : shape(inner, depth + 1),
  ]);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
