// The part of an answer that is the same in two runs: status, headers without times and lengths, and of the
// body the names, types, truths and the numbers that a test decides.
import type { Answer } from './http.ts';

/** They tell of the connection, the time, or the number of bytes, and differ when nothing is wrong. */
const ignoredHeaders = new Set(['date', 'content-length', 'transfer-encoding', 'connection', 'keep-alive']);
/** Names made by the engine for one run: ids of nodes, of shards, of tasks, of indices. */
const madeName = /^[\w-]{20,22}(:\d+)?$|^\d+$|^\.ds-|\d{4}\.\d\d\.\d\d/;

/** Of a search context and of an index, in the reason of an error. */
const madeId = /(?<=\bid \[)\d+(?=\])|(?<=\/)[\w-]{22}(?=\])/g;

export function answerShape({ status, headers, text }: Answer): string {
  const kept = [...headers]
    .filter(([name]) => !ignoredHeaders.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const head = kept.map(([name, value]) => `${name}: ${headerShape(name, value)}`);
  return `${status} {${head.join('; ')}} ${bodyShape(text)}`;
}

function headerShape(name: string, value: string): string {
  // The engine makes an id of 20 characters for a document without one.
  if (name === 'location') return value.replace(/[\w-]{20}$/, '*');
  // OpenSearch tells of each scroll what it cost, with the ids of the node and the task.
  if (name === 'task_resource_usage') return value.replaceAll(/\d+|"nodeId":"[^"]*"/g, '*');
  return name === 'warning' ? value.replace(/"[^"]*:[^"]*GMT"/g, '') : value;
}

/** Numbers that follow from the test alone, when it starts with an empty cluster. */
const fixedNumbers = new Set([
  'count',
  '_version',
  '_seq_no',
  '_primary_term',
  'total',
  'successful',
  'failed',
  'status',
]);

function bodyShape(text: string): string {
  if (text === '') return 'empty';
  try {
    return JSON.stringify(shape(JSON.parse(text)));
  } catch {
    return `text of ${text.split('\n').length > 1 ? 'lines' : 'one line'}`;
  }
}

function shape(value: unknown): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (typeof value !== 'object') return typeof value;
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] => [
    madeName.test(name) ? '*' : name,
    isKept(name, inner) ? (typeof inner === 'string' ? inner.replaceAll(madeId, '*') : inner) : shape(inner),
  ]);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function isKept(name: string, value: unknown): boolean {
  if (typeof value === 'number') return fixedNumbers.has(name);
  return typeof value === 'string' && ['reason', 'type', 'result', '_index'].includes(name);
}
