// What all calls of one client share: clock, nodes, budgets, breaker, admission, counters. Built once, passed everywhere.
import type { Time } from '../time/time.ts';
import type { Wheel } from '../time/wheel.ts';
import type { NodeSet } from '../nodes/node-set.ts';
import type { BackoffOptions } from '../policy/backoff.ts';
import type { Breaker } from '../policy/breaker.ts';
import type { Budget } from '../policy/budget.ts';
import type { Fences } from '../policy/fence.ts';
import type { RetryStatuses, Safety } from '../policy/classify.ts';
import type { RecentQuantile } from '../policy/quantile.ts';
import type { WireAnswer, WireRequest } from '../nodes/wire.ts';
import type { Counters } from '../observe/metrics.ts';
import type { Events } from '../observe/events.ts';
import type { Gate } from './gate.ts';
import type { Outage } from './outage.ts';

export interface CallOptions {
  readonly maxAttempts: number;
  readonly retryStatuses: RetryStatuses;
  readonly backoff: BackoffOptions;
  /** An attempt may take this share of what is left of the deadline before a safe operation is tried elsewhere. */
  readonly attemptShare: { readonly read: number; readonly write: number };
  /** No attempt of a safe operation is given up sooner than this. */
  readonly attemptMinMs: number;
  /** Upper bound of one attempt; Infinity for the share alone. */
  readonly attemptMaxMs: number;
  /** Hedge no sooner than this, however fast the p95. */
  readonly hedgeMinMs: number;
  /** Integers of documents that a number cannot hold are read as bigints. */
  readonly exactIntegers: boolean;
}

export interface Core {
  readonly time: Time;
  readonly wheel: Wheel;
  readonly nodes: NodeSet;
  readonly retryBudget: Budget;
  readonly hedgeBudget: Budget;
  readonly breaker: Breaker;
  readonly outage: Outage;
  readonly reads: Gate;
  readonly writes: Gate;
  readonly fences: Fences;
  readonly counters: Counters;
  readonly events: Events;
  readonly options: CallOptions;
  /** The cluster takes no index named in the entries of a request: gathered requests name it in their path. */
  indexInPath: boolean;
  /** Nothing new is taken; what is under way goes on. */
  closed: boolean;
  /** What is still under way ends now. */
  ended: boolean;
}

/** One operation to carry out: what to send, how it may be repeated, and until when. */
export interface CallSpec {
  /** For events and messages: 'get', 'search', 'index', 'bulk'. */
  readonly operation: string;
  readonly request: WireRequest;
  /** Asked before each attempt, because what is to be sent may have shrunk meanwhile; null when no caller waits for it any more. */
  readonly renewRequest?: () => WireRequest | null;
  readonly safety: Safety;
  /** Absolute, on the clock of `Time.now`. */
  readonly deadlineAt: number;
  readonly signal?: AbortSignal | undefined;
  /** Latencies of this kind of read; hedged after its quantile when given. */
  readonly hedgeAfter?: RecentQuantile | undefined;
  /** False for work that its caller already bounds (lanes). */
  readonly gated: boolean;
  /** False once there is nothing left to send again, because the body was a stream that has been read. */
  readonly mayRepeat?: () => boolean;
  /** Whether a read `preference` may be added to the path. */
  readonly takesPreference?: boolean;
  /** The engine's id of the node that the first attempt goes to while it is usable. */
  readonly preferNode?: string | undefined;
  /** `renewRequest` writes the preference into the body. */
  readonly setsPreference?: boolean;
}

/** An answer that is the engine's word: 2xx, or a 4xx for the caller to read. */
export interface CallAnswer extends WireAnswer {
  readonly node: string;
  /** The request this answers: `CallSpec.request`, or what `renewRequest` gave. */
  readonly request: WireRequest;
  /** Requests sent, this one included. */
  readonly attempts: number;
  /** An earlier attempt of the same write may have been applied: a 409 may be our own doing. */
  readonly maybeApplied: boolean;
}
