// What differs between batches of writes, gets and searches: how entries become one request, and how its answer ends them.
import type { CallAnswer, CallSpec } from '../call/core.ts';
import type { ClientError } from '../model/errors.ts';
import type { Entry } from './entry.ts';

/** The request of a batch. */
export type BatchRequest = Pick<
  CallSpec,
  'operation' | 'request' | 'safety' | 'hedgeAfter' | 'takesPreference' | 'setsPreference'
>;

/**
 * Where a request names the index of its entries: in each entry; in its path, which is always allowed; or there for a trial, because
 * the engine refused it otherwise (`rest.action.multi.allow_explicit_index: false`).
 */
export type IndexNaming = 'entries' | 'path' | 'trial';

export interface BatchFormat<E extends Entry<never>> {
  readonly kind: 'write' | 'get' | 'search';
  /** What names the index of an entry in a path. */
  indexInPath(entry: E): string;
  /** The request for `entries`; `deadlineAt` is the latest deadline among them. `inPath`: they are of one index, which the path names. */
  toRequest(entries: readonly E[], deadlineAt: number, inPath: boolean): BatchRequest;
  /** Ends each entry, or returns those that should be sent again. `answer.status` is below 300. */
  settle(entries: readonly E[], answer: CallAnswer): readonly E[];
  /** Ends an entry whose request failed as a whole. */
  fail(entry: E, error: ClientError): void;
}
