// What an answer or a broken exchange means: done, final refusal, or worth another attempt, and whether a write may have
// been applied. Facts about statuses are the engines'; the caution about writes is ours.
import type { EngineError } from '../errors.ts';

/** How a request may be repeated. */
export type Safety =
  /** Changes nothing: repeat freely. */
  | 'read'
  /** A write that carries its id and content: repeating it ends in the same state. */
  | 'replayable'
  /** A write that must not be applied twice: repeated only with proof that it was not applied. */
  | 'once';

export type Verdict = 'done' | 'retry' | 'refused';

export interface Reading {
  readonly verdict: Verdict;
  /** Whether the engine may have applied the request in spite of the answer. */
  readonly maybeApplied: boolean;
  /** Whether the answer speaks against this node rather than against the request or the cluster. */
  readonly blamesNode: boolean;
}

const done: Reading = { verdict: 'done', maybeApplied: false, blamesNode: false };
const refused: Reading = { verdict: 'refused', maybeApplied: false, blamesNode: false };
const notApplied: Reading = { verdict: 'retry', maybeApplied: false, blamesNode: false };
const perhaps: Reading = { verdict: 'retry', maybeApplied: true, blamesNode: true };
const perhapsFinal: Reading = { verdict: 'refused', maybeApplied: true, blamesNode: true };

/**
 * Engine errors that are raised before a write is executed: a block (no master, recovery), no master known, the
 * primary not active in time, a full thread pool or memory breaker.
 */
const neverExecuted = new Set([
  'cluster_block_exception',
  'master_not_discovered_exception',
  'cluster_manager_not_discovered_exception',
  'unavailable_shards_exception',
  'no_shard_available_action_exception',
  'es_rejected_execution_exception',
  'rejected_execution_exception',
  'circuit_breaking_exception',
]);

/** Statuses of blocks that stay until somebody, or a disk with more room, removes them. A 503 block goes with the next election. */
const blockStatuses: ReadonlySet<number> = new Set([400, 403, 429]);
const blockTypes: ReadonlySet<string | undefined> = new Set(['cluster_block_exception', 'index_closed_exception']);

/** The index or the cluster is blocked for the request. */
export function isBlock(status: number, errorType: string | undefined): boolean {
  return blockStatuses.has(status) && blockTypes.has(errorType);
}

/** The first engine error in a body, or undefined when the body is not an engine's error. */
export function readEngineError(body: Buffer): EngineError | undefined {
  if (body.length === 0 || body[0] !== 0x7b) return undefined;
  try {
    const parsed = JSON.parse(body.toString('utf8')) as { error?: unknown };
    return toEngineError(parsed.error);
  } catch {
    return undefined;
  }
}

/** An `error` object or string of the engine in our shape. */
export function toEngineError(error: unknown): EngineError | undefined {
  if (typeof error === 'string') return { type: 'error', reason: error };
  if (typeof error !== 'object' || error === null) return undefined;
  const { type, reason } = error as { type?: unknown; reason?: unknown };
  return { type: typeof type === 'string' ? type : 'error', reason: typeof reason === 'string' ? reason : '' };
}

/** Statuses that are worth another attempt when that is safe. */
export type RetryStatuses = ReadonlySet<number>;
export const retryStatusesDefault: RetryStatuses = new Set([429, 500, 502, 503, 504]);

/** Reads the status of a whole answer or of one item of a bulk. `errorType` is asked for only when it matters. */
export function readStatus(
  status: number,
  safety: Safety,
  retryStatuses: RetryStatuses,
  errorType: () => string | undefined,
): Reading {
  if (status < 300) return done;
  if (!retryStatuses.has(status)) {
    return status >= 500 && safety !== 'read' ? perhapsFinal : refused;
  }
  // 429 is the engine's own "not now": its queues or its memory breaker refused the request before executing it. The block of
  // a full disk has the same status and stays.
  if (status === 429) return isBlock(status, errorType()) ? refused : notApplied;
  if (safety === 'read') return status === 503 ? notApplied : perhaps;
  const type = errorType();
  if (status === 503 && type !== undefined && neverExecuted.has(type)) return notApplied;
  return safety === 'replayable' ? perhaps : perhapsFinal;
}

/** Reads a broken exchange: without a byte sent nothing can have been applied. */
export function readFailure(sent: boolean, safety: Safety): Reading {
  if (!sent) return notApplied;
  if (safety === 'once') return perhapsFinal;
  return { verdict: 'retry', maybeApplied: safety !== 'read', blamesNode: false };
}
