// The shapes callers see: requests and results of every operation.
import type { ClientError } from './errors.ts';

/** How one operation is carried out; everything has a default in the client's options. */
export interface OperationOptions {
  /** Time for the whole operation, all attempts and waits included. */
  readonly deadlineMs?: number;
  /** Cancels the operation: what is not sent yet is never sent. */
  readonly signal?: AbortSignal;
  /** False sends this operation by itself, not gathered with others. */
  readonly gather?: boolean;
  /** False sends no second attempt of a slow read. */
  readonly hedge?: boolean;
}

export type Refresh = boolean | 'wait_for';

interface Fenced {
  /**
   * Orders this write among those of its document: one that arrives after a write with a higher fence is refused (`conflict`).
   * From `Client.newFence`, taken when the write was asked for; by default it is taken when the operation starts.
   */
  readonly fence?: number;
}

interface WriteAddress {
  readonly index: string;
  readonly routing?: string;
  /** When the write becomes visible to searches; anything but the engine's default sends the write by itself. */
  readonly refresh?: Refresh;
  /** Write only if the document is still as read: both, from the result of the read. */
  readonly ifSeqNo?: number;
  readonly ifPrimaryTerm?: number;
}

export interface IndexRequest<T = unknown> extends WriteAddress, Fenced {
  /** Made by the client when absent, so that the write may be repeated. */
  readonly id?: string;
  readonly document: T;
  readonly pipeline?: string;
}

export interface CreateRequest<T = unknown> {
  readonly index: string;
  readonly id?: string;
  readonly document: T;
  readonly routing?: string;
  readonly refresh?: Refresh;
  readonly pipeline?: string;
}

export interface UpdateRequest extends WriteAddress {
  readonly id: string;
  /** Fields to merge into the document. */
  readonly doc?: unknown;
  /** Or a script object as the engine takes it. */
  readonly script?: unknown;
  readonly upsert?: unknown;
  readonly docAsUpsert?: boolean;
}

export interface DeleteRequest extends WriteAddress, Fenced {
  readonly id: string;
}

/** An acknowledged write: the engine said so. */
export interface WriteResult {
  readonly index: string;
  readonly id: string;
  readonly result: 'created' | 'updated' | 'deleted' | 'not_found' | 'noop';
  /** The engine's version of the document: a fence after a fenced write. */
  readonly version: number;
  readonly seqNo: number;
  readonly primaryTerm: number;
  /** Requests this took; above 1 it was repeated. */
  readonly attempts: number;
}

export interface GetRequest {
  readonly index: string;
  readonly id: string;
  readonly routing?: string;
  /** Reads the copy named by the engine's `preference`; none lets the client avoid copies on unhealthy nodes. */
  readonly preference?: string;
}

export type GetResult<T = unknown> =
  | {
      readonly found: true;
      readonly index: string;
      readonly id: string;
      readonly source: T;
      readonly version: number;
      readonly seqNo: number;
      readonly primaryTerm: number;
      readonly attempts: number;
    }
  | { readonly found: false; readonly index: string; readonly id: string; readonly attempts: number };

export interface SearchRequest {
  readonly index: string | readonly string[];
  /** The engine's own search body: query, size, sort, highlight, aggregations. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly routing?: string;
  readonly preference?: string;
  /** True takes an answer that lacks shards (`partial` says so); by default such a search is retried and then fails. */
  readonly allowPartial?: boolean;
}

export interface SearchHit<T = unknown> {
  readonly index: string;
  readonly id: string;
  readonly score: number | null;
  readonly source: T;
  readonly highlight?: Readonly<Record<string, readonly string[]>>;
  readonly sort?: readonly unknown[];
}

export interface SearchResult<T = unknown> {
  readonly hits: readonly SearchHit<T>[];
  readonly total: { readonly value: number; readonly relation: 'eq' | 'gte' };
  readonly maxScore: number | null;
  /** Milliseconds the engine says it took. */
  readonly tookMs: number;
  /** True when shards are missing from the answer or the engine's own time-out cut it short. */
  readonly partial: boolean;
  readonly aggregations?: Readonly<Record<string, unknown>>;
  readonly attempts: number;
}

export type BulkOperation =
  | ({ readonly op: 'index' } & Omit<IndexRequest, 'refresh'>)
  | ({ readonly op: 'create' } & Omit<CreateRequest, 'refresh'>)
  | ({ readonly op: 'update' } & Omit<UpdateRequest, 'refresh'>)
  | ({ readonly op: 'delete' } & Omit<DeleteRequest, 'refresh'>);

export interface BulkRequest {
  readonly operations: readonly BulkOperation[];
  readonly refresh?: Refresh;
}

/** One item of a bulk: a result, or the error it would have had as an operation of its own. */
export type BulkItem =
  | ({ readonly ok: true } & WriteResult)
  | { readonly ok: false; readonly index: string; readonly id: string; readonly error: ClientError };

export interface BulkResult {
  /** One for each operation, in their order. */
  readonly items: readonly BulkItem[];
  readonly failed: number;
}
