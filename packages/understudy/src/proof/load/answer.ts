// What an answer means. A write is unknown unless the answer proves otherwise: a false "rejected" would hide an applied write,
// a false "acknowledged" would report a loss that never was.
import type { Operation, ReadOutcome, WriteOutcome } from '../history/records.ts';

/** An HTTP answer, or the reason there was none. */
export type Answer =
  | { readonly status: number; readonly body: string }
  /** `unsent`: the connection was never made, so the server saw nothing. */
  | { readonly status: 0; readonly unsent: boolean; readonly error: string };

export interface Meaning {
  readonly outcome: WriteOutcome | ReadOutcome;
  readonly error?: string;
}

/** Answers that say the request was wrong: the service refused it before it reached the engine. */
const refusals = new Set([400, 401, 403, 404, 405, 411, 413, 415, 422]);

export function meaningOf(operation: Operation, answer: Answer): Meaning {
  if (answer.status === 0) {
    const { unsent, error } = answer as Extract<Answer, { status: 0 }>;
    if (operation !== 'index') return { outcome: 'failed', error };
    return { outcome: unsent ? 'rejected' : 'unknown', error };
  }
  const { status, body } = answer as Extract<Answer, { body: string }>;
  if (operation === 'index') return meaningOfWrite(status, body);
  // A get of an acknowledged document that answers 404 is an answer; the checker calls it stale.
  if (status === 200 || (operation === 'get' && status === 404)) return { outcome: 'answered' };
  return { outcome: 'failed', error: `HTTP ${status}` };
}

function meaningOfWrite(status: number, body: string): Meaning {
  if (status === 200 || status === 201) {
    const result = parse(body)?.['result'];
    if (result === 'created' || result === 'updated') return { outcome: 'acknowledged' };
    return { outcome: 'unknown', error: `HTTP ${status} without the engine's result` };
  }
  return { outcome: refusals.has(status) ? 'rejected' : 'unknown', error: `HTTP ${status}` };
}

/** The stored document out of a get's answer: Elasticsearch's `_source`, or the service's own `data`, or the body itself. */
export function sourceOf(body: string): unknown {
  const parsed = parse(body);
  return parsed?.['_source'] ?? parsed;
}

function parse(body: string): Record<string, unknown> | null {
  const value = parseJson(body);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

/** Undefined for what is no JSON. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
