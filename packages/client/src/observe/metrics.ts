// Counters of everything the client does, as plain numbers: an increment per event, a snapshot on demand.
import type { NodeState } from '../nodes/node.ts';

/** Monotonic counts since the client was made. */
export class Counters {
  /** Operations started by callers. */
  operations = 0;
  succeeded = 0;
  failed = 0;
  /** Requests sent to engines for callers (first attempts, retries, hedges); probes are not counted. */
  requests = 0;
  retries = 0;
  hedges = 0;
  hedgesWon = 0;
  /** Refused before anything was sent. */
  shed = 0;
  circuitOpen = 0;
  cancelled = 0;
  deadlineExceeded = 0;
  /** Writes whose failure left their outcome unknown. */
  unknownOutcomes = 0;
  /** Times a node was marked down. */
  nodeFailures = 0;
  batches = 0;
  batchedOperations = 0;
  /** Retries that had to wait because the budget was empty. */
  budgetWaits = 0;

  snapshot(): CounterValues {
    return Object.fromEntries(Object.entries(this)) as unknown as CounterValues;
  }
}

export type CounterValues = Readonly<Omit<Counters, 'snapshot'>>;

export interface NodeReport {
  readonly url: string;
  readonly state: NodeState;
  readonly inFlight: number;
  /** Smoothed latency, milliseconds. */
  readonly latencyMs: number;
  /** Why it takes no requests, while it takes none. */
  readonly trouble?: string;
}

export interface MetricsSnapshot {
  readonly counters: CounterValues;
  readonly nodes: readonly NodeReport[];
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Retry tokens left. */
  readonly retryBudget: number;
  readonly reads: { readonly inFlight: number; readonly queued: number; readonly limit: number };
  readonly writes: { readonly inFlight: number; readonly queued: number; readonly limit: number };
  /** Single-document writes waiting in lanes, and lanes. */
  readonly lanes: { readonly count: number; readonly queued: number; readonly inFlight: number };
}
