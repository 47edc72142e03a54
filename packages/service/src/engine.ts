// The search engine as the service needs it: one interface, and the errors that mean something to a caller.
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

/** One line of a bulk request: what became of it. */
export type BulkOutcome = { readonly result: WriteResult } | { readonly failure: EngineError };

export interface LateWrite {
  readonly fence: number;
  readonly document: StoredDocument;
}

export type LateOutcome =
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
  /** The place in time of a write that is asked for now and carried out later. */
  newFence(): number;
  /** Carries out writes that were accepted earlier: none of them overwrites what was written after it. */
  writeLate(writes: readonly LateWrite[]): Promise<readonly LateOutcome[]>;
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
 * - `overloaded`: turned away before anything was done.
 * - `unknown`: a write was sent and its fate was not learned; to repeat it with the same id is safe.
 * - `write-blocked`, `read-blocked`: the engine answers, and the index or the cluster is closed to the request until an operator,
 *   or a disk with more room, removes the block. Nothing was done.
 * - `queue-full`: the engine is down, and neither has the queue a place for the write.
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
