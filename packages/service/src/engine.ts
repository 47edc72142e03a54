// The search engine as the service needs it: one interface, and the errors that callers distinguish.
import type { StoredDocument } from './document.ts';

export interface WriteResult {
  readonly _index: string;
  readonly _id: string;
  readonly _version: number;
  readonly result: string;
  readonly [more: string]: unknown;
}

export interface Hit {
  readonly _id: string;
  readonly _source?: unknown;
  readonly [more: string]: unknown;
}

/** The outcome of one line of a bulk request. */
export type BulkOutcome = { readonly result: WriteResult } | { readonly failure: EngineError };

export interface DeferredWrite {
  readonly fence: number;
  readonly document: StoredDocument;
}

export type DeferredOutcome =
  /** Acknowledged, or a later write of the same document was. */
  | { readonly kind: 'written' | 'superseded' }
  /** The engine will never take it. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** To be tried again; `takesNothing` when the engine is known to be down, or is blocked for all writes. */
  | { readonly kind: 'waits'; readonly takesNothing: boolean };

export interface Writer {
  /** Creates or replaces; resolves when the engine has acknowledged. Safe to repeat: the id is the caller's. */
  write(document: StoredDocument, options?: WriteOptions): Promise<WriteResult>;
  /** One outcome for each document, in order. What failed as a whole is a failure of each: a part may have been written. */
  writeMany(documents: readonly StoredDocument[], options?: WriteOptions): Promise<readonly BulkOutcome[]>;
}

export interface WriteOptions {
  readonly deadlineMs?: number;
}

export interface Engine extends Writer {
  /** A fence with the time of now, for a write that is carried out later. */
  newFence(): number;
  /** Carries out writes that were accepted earlier: none of them overwrites a later write. */
  writeDeferred(writes: readonly DeferredWrite[]): Promise<readonly DeferredOutcome[]>;
  search(body: Record<string, unknown>, options?: { readonly preference?: string }): Promise<readonly Hit[]>;
  get(id: string): Promise<Hit | undefined>;
  /** False when there was nothing to delete. */
  remove(id: string): Promise<boolean>;
  /** Resolves when the engine answers and has a master; rejects with the reason. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/**
 * - `unavailable`: no answer in time, and the operation had no effect or may be repeated.
 * - `overloaded`: refused before anything was done.
 * - `unknown`: a write was sent and its outcome is unknown; to repeat it with the same id is safe.
 * - `write-blocked`, `read-blocked`: the engine answers, and the index or the cluster is blocked for the request until an operator,
 *   or a disk with more free space, removes the block. Nothing was done.
 * - `queue-full`: the engine is down, and the queue is full, too.
 * - `refused`: the engine will never take this request as it is.
 */
export type EngineFailure =
  'unavailable' | 'overloaded' | 'unknown' | 'write-blocked' | 'read-blocked' | 'queue-full' | 'refused';

export class EngineError extends Error {
  readonly kind: EngineFailure;
  readonly retryAfterS: number | undefined;
  /** The engine cannot take the request now, whatever is in it, and may take it later. */
  readonly isOutage: boolean;

  constructor(
    kind: EngineFailure,
    message: string,
    options: { retryAfterS?: number; isOutage?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EngineError';
    this.kind = kind;
    this.retryAfterS = options.retryAfterS;
    this.isOutage = options.isOutage ?? false;
  }
}
