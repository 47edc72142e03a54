// JSON on the wire, both ways. Integers that a number cannot hold are written from bigints, and read as bigints where asked.
import { isUtf8 } from 'node:buffer';
import { ClientError } from '../model/errors.ts';
import { hasLongInteger, readExact } from './exact-json.ts';

/** Missing in the type definitions of the runtime. */
interface RawJson {
  rawJSON(text: string): unknown;
}

/**
 * Parses JSON; integers beyond `Number.MAX_SAFE_INTEGER` become bigints, all other numbers stay numbers, as do integers beyond
 * the range of a double (Infinity).
 * @throws SyntaxError when `text` is not JSON.
 */
export function parseExact(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return hasLongInteger(text) ? readExact(text) : value;
}

/**
 * Writes JSON; a bigint becomes an integer of all its digits. Undefined for what JSON cannot hold (undefined, a function).
 * @throws TypeError for a cycle.
 */
export function stringifyExact(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // Only a value with a bigint needs a copy; what failed for another reason fails again.
    return JSON.stringify(withRawIntegers(value));
  }
}

/** A copy for `JSON.stringify`, which takes the text of a bigint; a replacer would cost several times as much. */
function withRawIntegers(value: unknown): unknown {
  if (typeof value === 'bigint') return (JSON as unknown as RawJson).rawJSON(String(value));
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withRawIntegers);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return withRawIntegers(toJSON.call(value));
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return value;
  // Unlike an assignment, this keeps a key such as __proto__ as data.
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withRawIntegers(one)]));
}

/** The text of a request's body. What cannot be written is the caller's fault, and is said before anything is sent. */
export function toJson(what: string, value: unknown): string {
  let text: string | undefined;
  try {
    text = stringifyExact(value);
  } catch (cause) {
    throw new ClientError('invalid-request', `${what} was not sent: it cannot be written as JSON (a cycle).`, {
      cause,
    });
  }
  if (text === undefined)
    throw new ClientError('invalid-request', `${what} was not sent: a ${typeof value} cannot be written as JSON.`);
  return text;
}

/** The value of a body; undefined when it is not JSON, which is never written by the engine as anything else than UTF-8. */
export function readJson(body: Buffer, exact: boolean): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    const text = body.toString('utf8');
    return exact ? parseExact(text) : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** The `error` of a body, whatever the body is. */
export function errorIn(body: Buffer): unknown {
  const value = body[0] === 0x7b ? readJson(body, false) : undefined;
  return isObject(value) ? value['error'] : undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A whole number of the engine; a bigint is one that was read exactly. */
export function toInteger(value: unknown): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  return Number.isInteger(value) ? (value as number) : undefined;
}
