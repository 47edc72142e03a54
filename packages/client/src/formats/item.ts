// One item of the answer to a bulk, an mget or an msearch: what it says, and what that means for its operation. Reads no body
// and changes nothing; bulk.ts, mget.ts and msearch.ts read their items into the form that is judged here.
import { isObject } from '../json/json.ts';
import type { ClientError } from '../model/errors.ts';
import { readStatus, toEngineError, type RetryStatuses, type Safety } from '../policy/classify.ts';
import { toRefusal, toUnreadable } from './refusal.ts';

/** What an item says. */
export type ItemReading<R> =
  | { readonly kind: 'done'; readonly result: R }
  /** With the engine's own error. */
  | { readonly kind: 'refused'; readonly status: number; readonly error: unknown }
  /** Not an answer to this operation. */
  | { readonly kind: 'unreadable' };

export const unreadableItem = { kind: 'unreadable' } as const;

/** The items of an answer; undefined when there are not exactly `count`, because then it is not known which belongs to which. */
export function itemsIn(
  body: unknown,
  name: 'items' | 'docs' | 'responses',
  count: number,
): readonly unknown[] | undefined {
  const items = isObject(body) ? body[name] : undefined;
  return Array.isArray(items) && items.length === count ? items : undefined;
}

/** The operation that an item answers. */
export interface ItemOperation {
  /** Names it in errors. */
  readonly name: string;
  readonly safety: Safety;
  /** An earlier request that carried it may have been applied; always false for a read. */
  readonly maybeApplied: boolean;
}

/** What an item means for its operation. */
export type ItemOutcome<R> = { readonly kind: 'done'; readonly result: R } | ItemFailure;

export interface ItemFailure {
  readonly kind:
    /** Final. */
    | 'refused'
    /** Another attempt is safe and may succeed. */
    | 'retry'
    /** A write met another version of its document, which may be the work of its own earlier attempt. */
    | 'conflict'
    | 'unreadable';
  /** The status is one of those that are retried; of a conflict only where the caller configured it so. */
  readonly isRetryable: boolean;
  /** Whether this request or an earlier one may have been applied. */
  readonly maybeApplied: boolean;
  /** The engine's error object; undefined for an unreadable item. */
  readonly engineError: unknown;
  /** The error of the operation when it is not tried again. Made on demand, because most failures are tried again. */
  toError(): ClientError;
}

/** The one way from an item to an outcome. `answerStatus` is the status of the whole answer. */
export function settleItem<R>(
  reading: ItemReading<R>,
  operation: ItemOperation,
  answerStatus: number,
  retryStatuses: RetryStatuses,
): ItemOutcome<R> {
  if (reading.kind === 'done') return reading;
  const { name, safety } = operation;
  if (reading.kind === 'unreadable') {
    const outcome = safety === 'read' ? 'none' : 'unknown';
    return {
      kind: 'unreadable',
      isRetryable: false,
      maybeApplied: operation.maybeApplied,
      engineError: undefined,
      toError: () => toUnreadable(name, answerStatus, outcome),
    };
  }
  const { status, error } = reading;
  const verdict = readStatus(status, safety, retryStatuses, () => toEngineError(error)?.type);
  const maybeApplied = operation.maybeApplied || verdict.maybeApplied;
  const isRetryable = verdict.verdict === 'retry';
  return {
    kind: status === 409 && safety !== 'read' ? 'conflict' : isRetryable ? 'retry' : 'refused',
    isRetryable,
    maybeApplied,
    engineError: error,
    toError: () => toRefusal(name, status, error, { outcome: maybeApplied ? 'unknown' : 'none' }),
  };
}
