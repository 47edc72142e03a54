// The client's own numbers for Prometheus: read when they are asked for, so that they cost no time in a request.
import type { Client, MetricsSnapshot } from '@understudy/client';
import { Counter, Gauge, type Registry } from 'prom-client';

const counters: readonly (readonly [name: string, help: string, read: (now: MetricsSnapshot) => number])[] = [
  ['requests', 'Requests sent to the engine, retries and hedges included', ({ counters: c }) => c.requests],
  ['retries', 'Requests that were repeated', ({ counters: c }) => c.retries],
  ['hedges', 'Second attempts of slow reads', ({ counters: c }) => c.hedges],
  ['shed', 'Operations refused before anything was sent', ({ counters: c }) => c.shed],
  [
    'circuit_open',
    'Operations failed at once because the engine is known to be down',
    ({ counters: c }) => c.circuitOpen,
  ],
  ['deadline_exceeded', 'Operations whose deadline passed', ({ counters: c }) => c.deadlineExceeded],
  ['unknown_outcomes', 'Writes whose outcome is unknown', ({ counters: c }) => c.unknownOutcomes],
  ['node_failures', 'Times a node was marked down', ({ counters: c }) => c.nodeFailures],
  ['batches', 'Requests that carried several operations', ({ counters: c }) => c.batches],
  ['batched_operations', 'Operations in these requests', ({ counters: c }) => c.batchedOperations],
];

const gauges: readonly (readonly [
  name: string,
  help: string,
  aggregator: 'sum' | 'min' | 'max',
  read: (now: MetricsSnapshot) => number,
])[] = [
  ['in_flight', 'Requests to the engine in flight', 'sum', (now) => now.reads.inFlight + now.writes.inFlight],
  [
    'queued',
    'Operations that wait for admission or in a lane',
    'sum',
    (now) => now.reads.queued + now.writes.queued + now.lanes.queued,
  ],
  ['lanes', 'Lanes of gathered writes, one for each primary shard', 'max', (now) => now.lanes.count],
  ['retry_budget', 'Retries that may be made now; the minimum over all workers', 'min', (now) => now.retryBudget],
  ['circuit', '0 closed, 1 half-open, 2 open; the maximum over all workers', 'max', (now) => circuit[now.breaker]],
];

const circuit = { closed: 0, 'half-open': 1, open: 2 } as const;

export function addEngineMetrics(registry: Registry, client: Client): void {
  const registers = [registry];
  for (const [name, help, read] of counters) {
    new Counter({
      name: `service_engine_${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(client.metrics()));
      },
    });
  }
  for (const [name, help, aggregator, read] of gauges) {
    new Gauge({
      name: `service_engine_${name}`,
      help,
      aggregator,
      registers,
      collect() {
        this.set(read(client.metrics()));
      },
    });
  }
  new Gauge({
    name: 'service_engine_node_up',
    help: '1 when the node takes requests; the minimum over all workers',
    aggregator: 'min',
    labelNames: ['node'],
    registers,
    collect() {
      this.reset();
      for (const { url, state } of client.metrics().nodes) this.set({ node: url }, state === 'up' ? 1 : 0);
    },
  });
}
