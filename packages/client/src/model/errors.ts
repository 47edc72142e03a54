// The one error class of this client. Branch on `code` and `outcome`, never on the message.

/** What is known about a write whose call failed; reads are always 'none'. */
export type Outcome =
  /** The engine certainly did not apply it: it may be sent again by anyone. */
  | 'none'
  /** It was sent and no proof came back: it may or may not have been applied. Read it back before repeating it. */
  | 'unknown';

/** One attempt that failed, in the order they were made. */
export interface FailedAttempt {
  /** URL of the node. */
  readonly node: string;
  /** Milliseconds from the start of the attempt to its end. */
  readonly durationMs: number;
  /** Why it failed: a status, a code of the connection, or a decision of this client. */
  readonly reason: string;
  readonly status?: number;
  /** Whether any byte may have reached the engine. */
  readonly sent: boolean;
}

/** Stable codes; new ones may be added, none is renamed. */
export type ErrorCode =
  /** The deadline of the operation passed. */
  | 'deadline-exceeded'
  /** The caller's AbortSignal fired. */
  | 'cancelled'
  /** Shed by this client before anything was sent: queue or limit full. `retryAfterMs` says when to try again. */
  | 'overloaded'
  /** The cluster is known to be down: failed at once, nothing sent. `retryAfterMs` says when to try again. */
  | 'circuit-open'
  /** Every permitted attempt failed (connection, 429, 5xx), or the request broke the connection at two nodes; see `attempts`. */
  | 'unavailable'
  /** The engine refused the request itself (4xx, or a 5xx that is not safe to repeat); see `status` and `engineError`. */
  | 'rejected'
  /**
   * The index or the cluster is blocked for this: read-only by a setting (403) or by a full disk (429), or the index is closed.
   * Nothing was done, and repeating it helps only once the block is removed; `engineError` says which it is.
   */
  | 'blocked'
  /** 409: the version, or the existence, of the document is not as the write demanded. */
  | 'conflict'
  /** 404: no such index (a missing document is a result of `get` and `delete`, not an error). */
  | 'not-found'
  /** 413: the request is larger than the engine, or something in front of it, accepts. */
  | 'too-large'
  /** The answer is not the engine's answer to this: another body, a redirection, another server's 404, more than the limit. */
  | 'bad-response'
  /** The request cannot be built from these arguments. */
  | 'invalid-request'
  /** The client was closed, before or while this was under way. */
  | 'closed';

/** The engine's own error object, as far as it is common to Elasticsearch and OpenSearch. */
export interface EngineError {
  readonly type: string;
  readonly reason: string;
}

export interface ClientErrorDetails {
  readonly outcome?: Outcome;
  readonly attempts?: readonly FailedAttempt[];
  readonly status?: number;
  readonly engineError?: EngineError;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

const noAttempts: readonly FailedAttempt[] = [];

/** A failed operation: what failed (`code`), what that means for a write (`outcome`), and the attempts behind it. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ErrorCode;
  readonly outcome: Outcome;
  readonly attempts: readonly FailedAttempt[];
  /** Status of the last answer, when there was one. */
  readonly status: number | undefined;
  readonly engineError: EngineError | undefined;
  /** When it is worth trying again, milliseconds from now; set on 'overloaded', 'circuit-open' and on a Retry-After of the engine. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ClientErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.outcome = details.outcome ?? 'none';
    this.attempts = details.attempts ?? noAttempts;
    this.status = details.status;
    this.engineError = details.engineError;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** True for any error this client raises, also across two copies of the package. */
export function isClientError(error: unknown): error is ClientError {
  return error instanceof Error && error.name === 'ClientError' && 'outcome' in error && 'code' in error;
}

/** The same error, its outcome `unknown` when `maybeApplied`. */
export function withOutcome(error: ClientError, maybeApplied: boolean): ClientError {
  if (!maybeApplied || error.outcome === 'unknown') return error;
  const { status, engineError, retryAfterMs, attempts, cause } = error;
  return new ClientError(error.code, error.message, {
    outcome: 'unknown',
    attempts,
    cause,
    ...(status === undefined ? {} : { status }),
    ...(engineError === undefined ? {} : { engineError }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
