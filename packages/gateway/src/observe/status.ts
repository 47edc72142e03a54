// What `GET /_understudy` answers: the nodes and the policies as they are now.
import type { MetricsSnapshot } from '@understudy/client/forward';

export interface Status {
  /** `up` when a node takes requests, `stopping` after SIGTERM, `down` when none does. */
  readonly state: 'up' | 'down' | 'stopping';
  readonly nodes: MetricsSnapshot['nodes'];
  readonly breaker: MetricsSnapshot['breaker'];
  readonly retryBudget: number;
  readonly inFlight: { readonly reads: number; readonly writes: number; readonly queued: number };
  readonly gatheredWrites: { readonly waiting: number; readonly bulksInFlight: number; readonly lanes: number };
  readonly keptBytes: number;
}

export function statusOf(now: MetricsSnapshot, isStopping: boolean, keptBytes: number): Status {
  const { nodes, breaker, retryBudget, reads, writes, lanes } = now;
  const isUp = nodes.some(({ state }) => state !== 'down');
  return {
    state: isStopping ? 'stopping' : isUp ? 'up' : 'down',
    nodes: nodes.map((node) => ({ ...node, latencyMs: Math.round(node.latencyMs * 100) / 100 })),
    breaker,
    retryBudget: Math.floor(retryBudget),
    inFlight: { reads: reads.inFlight, writes: writes.inFlight, queued: reads.queued + writes.queued },
    gatheredWrites: { waiting: lanes.queued, bulksInFlight: lanes.inFlight, lanes: lanes.count },
    keptBytes,
  };
}
