// From a caller's `{id, data}` to the document that the engine stores. Refuses what could not be returned as it was sent.
import { limits } from './limits.ts';
import { invalid, missingDocument } from './problem.ts';

/** A document as the index template has it. */
export interface StoredDocument {
  readonly id: string;
  /** Every string value of `data`, in order, one a line: the field that is searched. */
  readonly content: string;
  /** `data` as it was sent. */
  readonly data: unknown;
}

/** Checks a parsed body; throws a Problem that names the field. */
export function readDocument(body: unknown): StoredDocument {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('body', "The body must be a JSON object with 'id' and 'data'.");
  }
  const { id, data } = body as { id?: unknown; data?: unknown };
  if (isMissing(id) || isMissing(data)) throw missingDocument;
  if (typeof data !== 'string' && (typeof data !== 'object' || Array.isArray(data))) {
    throw invalid('data', "'data' must be a string or an object.");
  }
  return { id: readId(id), content: textOf(data), data };
}

/** Absent, null or empty: `0` and `false` are values, of the wrong type. */
function isMissing(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Checks an id from a body or a path. A whole number is taken as its decimal digits. */
export function readId(id: unknown): string {
  const text = typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : id;
  if (typeof text !== 'string') throw invalid('id', "'id' must be a string or a whole number.");
  if (!text.isWellFormed()) throw invalid('id', "'id' is not valid Unicode: it has half of a surrogate pair.");
  if (text === '') throw invalid('id', "'id' must not be empty.");
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.idBytes) {
    throw invalid('id', `'id' has ${bytes} bytes in UTF-8; the most is ${limits.idBytes}.`);
  }
  return text;
}

/** All string values, depth first. An explicit stack: a body must not be able to exhaust the call stack. */
function textOf(data: unknown): string {
  if (typeof data === 'string') return checkText(data);
  const found: string[] = [];
  const pending: { value: unknown; depth: number }[] = [{ value: data, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, depth } = next;
    if (typeof value === 'string') found.push(checkText(value));
    else if (typeof value === 'number' || typeof value === 'bigint') checkNumber(value);
    else if (typeof value === 'object' && value !== null) {
      if (depth === limits.dataDepth) {
        throw invalid('data', `'data' is nested deeper than ${limits.dataDepth} levels.`);
      }
      const children: unknown[] = Array.isArray(value) ? value : childrenOf(value);
      // Backwards, so that the stack gives them back in their order.
      for (let at = children.length - 1; at >= 0; at -= 1) pending.push({ value: children[at], depth: depth + 1 });
    }
  }
  return found.join('\n');
}

function childrenOf(value: object): unknown[] {
  for (const key of Object.keys(value)) checkText(key);
  return Object.values(value);
}

function checkText(text: string): string {
  if (!text.isWellFormed()) throw invalid('data', "'data' is not valid Unicode: it has half of a surrogate pair.");
  return text;
}

/** JSON may write a number that no double holds, such as 1e999; not every reader of the document can take it. */
function checkNumber(value: number | bigint): void {
  if (!Number.isFinite(Number(value))) throw invalid('data', "'data' has a number beyond the range of a double.");
}
