// The answer to a bulk as bytes: cut into the answers of its items, and put together again. What is not repeated stays as the engine
// wrote it, byte for byte.
import { parseExact, stringifyExact } from '@understudy/client/forward';
import type { BulkItem } from './bulk-lines.ts';

/** The answer to one item, as JSON: `{"index":{…}}`. */
export type ItemAnswer = Buffer;

interface BulkAnswer {
  /** What stands before and after the items. */
  readonly head: string;
  readonly items: readonly ItemAnswer[];
  readonly tail: string;
}

/** Fields with a plain value, and then the items: so both engines write it. */
const beginning = /^\s*\{(?:\s*"\w+"\s*:\s*(?:\d+|true|false)\s*,)*\s*"items"\s*:\s*\[/;
const longestBeginning = 512;
const [quote, backslash, brace, braceEnd, bracket, bracketEnd] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/** The parts of an answer; undefined when it has another shape. */
export function cutAnswer(body: Buffer): BulkAnswer | undefined {
  const head = beginning.exec(body.toString('latin1', 0, longestBeginning))?.[0];
  if (head === undefined) return undefined;
  const items: Buffer[] = [];
  let depth = 0;
  let from = 0;
  for (let at = head.length; at < body.length; at++) {
    const byte = body[at];
    if (byte === quote) at = endOfText(body, at);
    else if (byte === brace || byte === bracket) {
      if (depth++ === 0) from = at;
    } else if (byte === braceEnd || byte === bracketEnd) {
      if (depth === 0) return { head, items, tail: body.toString('utf8', at) };
      if (--depth === 0) items.push(body.subarray(from, at + 1));
    }
  }
  return undefined;
}

/** Where the text that begins at `from` ends; behind the last byte when it does not. */
function endOfText(body: Buffer, from: number): number {
  for (let at = body.indexOf(quote, from + 1); at >= 0; at = body.indexOf(quote, at + 1)) {
    let before = at;
    while (body[before - 1] === backslash) before--;
    if ((at - before) % 2 === 0) return at;
  }
  return body.length;
}

/** An answer of these items. `tookMs` replaces what the engine said, unless it is undefined. */
export function joinAnswer({ head, tail }: BulkAnswer, items: readonly ItemAnswer[], tookMs?: number): Buffer {
  const errors = items.some((item) => failureOf(item) !== undefined);
  const told = (text: string): string => {
    const withErrors = text.replace(/("errors"\s*:\s*)(?:true|false)/, `$1${errors}`);
    return tookMs === undefined ? withErrors : withErrors.replace(/("took"\s*:\s*)\d+/, `$1${tookMs}`);
  };
  const pieces: Buffer[] = [Buffer.from(told(head))];
  for (const [at, item] of items.entries()) pieces.push(...(at === 0 ? [] : [comma]), item);
  return Buffer.concat([...pieces, Buffer.from(told(tail))]);
}

const comma = Buffer.from(',');

/** What the engine says that a whole bulk took, in milliseconds. */
export function tookOf({ head, tail }: BulkAnswer): number {
  return Number(/"took"\s*:\s*(\d+)/.exec(head + tail)?.[1] ?? 0);
}

interface Failure {
  readonly status: number;
  readonly error: unknown;
}

/** Why an item failed; undefined when it did not. */
export function failureOf(item: ItemAnswer): Failure | undefined {
  if (!item.includes('"error"')) return undefined;
  const fields = fieldsOf(item);
  const status = fields?.['status'];
  return fields?.['error'] !== undefined && typeof status === 'number' ? { status, error: fields['error'] } : undefined;
}

export function statusOf(item: ItemAnswer): unknown {
  return fieldsOf(item)?.['status'];
}

/** What stands in `{"index": …}`. */
function fieldsOf(item: ItemAnswer): Readonly<Record<string, unknown>> | undefined {
  try {
    const [inner] = Object.values(parseExact(item.toString('utf8')) as object) as unknown[];
    return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The answer to an item that succeeded, or failed, as the engine would write it. */
export function itemAnswer(op: BulkItem['op'], fields: Readonly<Record<string, unknown>>): ItemAnswer {
  return Buffer.from(stringifyExact({ [op]: fields }) ?? '{}');
}
