// What an answer or a broken exchange means: done, final refusal, or worth another attempt, and whether a write may have
// been applied. What a status means is defined by the engines; how a write is repeated is decided here.
import type { EngineError } from '../model/errors.ts';
import { errorIn } from '../json/json.ts';
import { isNotInitialized } from './engine-words.ts';

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
  /** Whether the answer counts as a failure of this node rather than of the request or the cluster. */
  readonly blamesNode: boolean;
}

const done: Reading = { verdict: 'done', maybeApplied: false, blamesNode: false };
const refused: Reading = { verdict: 'refused', maybeApplied: false, blamesNode: false };
const notApplied: Reading = { verdict: 'retry', maybeApplied: false, blamesNode: false };
const lostRead: Reading = { verdict: 'retry', maybeApplied: false, blamesNode: true };
const perhaps: Reading = { verdict: 'retry', maybeApplied: true, blamesNode: true };
const perhapsFinal: Reading = { verdict: 'refused', maybeApplied: true, blamesNode: true };
const perhapsOfCluster: Reading = { verdict: 'retry', maybeApplied: true, blamesNode: false };
const perhapsOfClusterFinal: Reading = { verdict: 'refused', maybeApplied: true, blamesNode: false };

/** Our type for the text of a node that has not read its accounts yet; the engine gives none. */
const notInitialized = 'security_not_initialized';

/** Errors with 503 that are raised before any shard sees the write: a full queue, a full memory, no master to create the index. */
const neverExecuted = new Set([
  'master_not_discovered_exception',
  'cluster_manager_not_discovered_exception',
  'es_rejected_execution_exception',
  'rejected_execution_exception',
  'circuit_breaking_exception',
  notInitialized,
]);

/** Statuses of blocks that stay until an operator, or a disk with more free space, removes them. A 503 block goes with the next election. */
const blockStatuses: ReadonlySet<number> = new Set([400, 403, 429]);
const blockTypes: ReadonlySet<string | undefined> = new Set(['cluster_block_exception', 'index_closed_exception']);

/** The index or the cluster is blocked for the request. */
export function isBlock(status: number, errorType: string | undefined): boolean {
  return blockStatuses.has(status) && blockTypes.has(errorType);
}

/**
 * Errors with 503 about the state of the cluster, not about the node that answers. They prove nothing: when the node of the primary is lost
 * under a write, the engine waits for the next state of the cluster and tries again by itself, so a block (no master) or a primary
 * that does not become active in time may follow a try that was carried out.
 * https://github.com/elastic/elasticsearch/blob/main/server/src/main/java/org/elasticsearch/action/support/single/instance/TransportInstanceSingleOperationAction.java
 */
const ofCluster = new Set([
  'cluster_block_exception',
  'unavailable_shards_exception',
  'no_shard_available_action_exception',
]);

/** 4xx that mean "not carried out" by RFC 9110, whichever server answers. 408 and what is not registered may come from a proxy that gave up waiting. */
function isRefusal(status: number): boolean {
  return status >= 400 && status <= 431 && status !== 408;
}

/** The engine error in a body, or undefined when the body is not an engine's error. */
export function readEngineError(body: Buffer): EngineError | undefined {
  const error = toEngineError(errorIn(body));
  if (error === undefined && isNotInitialized(body)) return { type: notInitialized, reason: body.toString().trim() };
  return error;
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
    if (isRefusal(status) || safety === 'read') return refused;
    if (status >= 500) return perhapsFinal;
    return status >= 400 && errorType() !== undefined ? refused : perhapsOfClusterFinal;
  }
  // 429 is the engine's own "not now": its queues or its memory breaker refused the request before executing it. The block of
  // a full disk has the same status and stays.
  if (status === 429) return isBlock(status, errorType()) ? refused : notApplied;
  if (safety === 'read') return status === 503 ? notApplied : lostRead;
  const type = errorType();
  if (status === 503 && type !== undefined) {
    if (neverExecuted.has(type)) return notApplied;
    if (ofCluster.has(type)) return safety === 'replayable' ? perhapsOfCluster : perhapsOfClusterFinal;
  }
  return safety === 'replayable' ? perhaps : perhapsFinal;
}

/** Reads a broken exchange: without a byte sent nothing can have been applied. */
export function readFailure(sent: boolean, safety: Safety): Reading {
  if (!sent) return notApplied;
  if (safety === 'once') return perhapsFinal;
  return { verdict: 'retry', maybeApplied: safety !== 'read', blamesNode: false };
}
