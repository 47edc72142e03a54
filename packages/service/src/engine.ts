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

export interface Engine {
  /** Creates or replaces; resolves when the engine has acknowledged. Safe to repeat: the id is the caller's. */
  write(document: StoredDocument): Promise<WriteResult>;
  /** One outcome for each document, in order. */
  writeMany(documents: readonly StoredDocument[]): Promise<readonly BulkOutcome[]>;
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
 * - `refused`: the engine will never take this request as it is.
 */
export type EngineFailure = 'unavailable' | 'overloaded' | 'unknown' | 'refused';

export class EngineError extends Error {
  readonly kind: EngineFailure;
  readonly retryAfterS: number | undefined;

  constructor(kind: EngineFailure, message: string, options: { retryAfterS?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EngineError';
    this.kind = kind;
    this.retryAfterS = options.retryAfterS;
  }
}
