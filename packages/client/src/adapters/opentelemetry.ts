// The client's counters and states as OpenTelemetry metrics, through the meter of the caller. Nothing of OpenTelemetry is
// imported: the few methods of a meter that are used are written down here.
import type { Client } from '../api/client.ts';
import type { MetricsSnapshot } from '../observe/metrics.ts';

interface ObservableResult {
  observe(value: number, attributes?: Record<string, string>): void;
}

interface Observable {
  addCallback(callback: (result: ObservableResult) => void): void;
  removeCallback(callback: (result: ObservableResult) => void): void;
}

/** The part of OpenTelemetry's `Meter` that is used; a real one fits. */
export interface MeterLike {
  createObservableCounter(name: string, options?: { description?: string; unit?: string }): Observable;
  createObservableGauge(name: string, options?: { description?: string; unit?: string }): Observable;
}

type Read = (snapshot: MetricsSnapshot, result: ObservableResult) => void;

const breakerLevel = { closed: 0, 'half-open': 1, open: 2 } as const;

const gauges: readonly (readonly [string, string, Read])[] = [
  [
    'node.in_flight',
    'Requests under way at a node',
    (s, r) => s.nodes.forEach((n) => r.observe(n.inFlight, { node: n.url })),
  ],
  [
    'node.latency',
    'Smoothed latency of a node, ms',
    (s, r) => s.nodes.forEach((n) => r.observe(n.latencyMs, { node: n.url })),
  ],
  [
    'node.up',
    '1 when a node takes requests',
    (s, r) => s.nodes.forEach((n) => r.observe(n.state === 'up' ? 1 : 0, { node: n.url })),
  ],
  ['breaker.state', '0 closed, 1 half-open, 2 open', (s, r) => r.observe(breakerLevel[s.breaker])],
  ['retry_budget', 'Retry tokens left', (s, r) => r.observe(s.retryBudget)],
  [
    'queued',
    'Operations waiting for admission or in a lane',
    (s, r) => {
      r.observe(s.reads.queued, { of: 'reads' });
      r.observe(s.writes.queued, { of: 'writes' });
      r.observe(s.lanes.queued, { of: 'lanes' });
    },
  ],
  [
    'limit',
    'Adaptive limit of operations under way',
    (s, r) => {
      r.observe(s.reads.limit, { of: 'reads' });
      r.observe(s.writes.limit, { of: 'writes' });
    },
  ],
];

/** Registers every metric under `search.client.`; the returned function removes them. */
export function registerMetrics(client: Client, meter: MeterLike): () => void {
  const undo: (() => void)[] = [];
  const register = (observable: Observable, read: Read): void => {
    const callback = (result: ObservableResult): void => read(client.metrics(), result);
    observable.addCallback(callback);
    undo.push(() => observable.removeCallback(callback));
  };
  for (const name of Object.keys(client.metrics().counters) as (keyof MetricsSnapshot['counters'])[]) {
    const metric = `search.client.${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    register(meter.createObservableCounter(metric), (snapshot, result) => result.observe(snapshot.counters[name]));
  }
  for (const [name, description, read] of gauges) {
    register(meter.createObservableGauge(`search.client.${name}`, { description }), read);
  }
  return () => {
    for (const one of undo) one();
  };
}
