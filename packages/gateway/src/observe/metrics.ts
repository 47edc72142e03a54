// Counters of requests by operation and the client's own numbers, for Prometheus. A request costs two increments; everything else is
// read when it is asked for.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricsSnapshot } from '@understudy/client/forward';
import type { Ended } from '../operations/index.ts';

type Read = (now: MetricsSnapshot) => number;

const counters: readonly (readonly [name: string, help: string, read: Read])[] = [
  ['engine_requests', 'Requests sent to nodes, retries and hedges included', ({ counters: c }) => c.requests],
  ['retries', 'Requests that were repeated', ({ counters: c }) => c.retries],
  ['hedges', 'Second requests of slow reads', ({ counters: c }) => c.hedges],
  ['shed', 'Requests refused before anything was sent', ({ counters: c }) => c.shed],
  ['circuit_open', 'Requests failed at once, because no node answers', ({ counters: c }) => c.circuitOpen],
  ['deadline_exceeded', 'Requests whose deadline passed', ({ counters: c }) => c.deadlineExceeded],
  ['unknown_outcomes', 'Writes whose outcome is unknown', ({ counters: c }) => c.unknownOutcomes],
  ['node_failures', 'Times a node was marked down', ({ counters: c }) => c.nodeFailures],
  ['batches', 'Bulks made of single writes', ({ counters: c }) => c.batches],
  ['batched_writes', 'Single writes in these bulks', ({ counters: c }) => c.batchedOperations],
];

const circuit = { closed: 0, 'half-open': 1, open: 2 } as const;
const gauges: readonly (readonly [name: string, help: string, read: Read])[] = [
  ['reads_in_flight', 'Reads under way', (now) => now.reads.inFlight],
  ['writes_in_flight', 'Writes under way, other than in bulks of single writes', (now) => now.writes.inFlight],
  ['queued', 'Requests that wait', (now) => now.reads.queued + now.writes.queued + now.lanes.queued],
  ['retry_budget', 'Retries that may be made now', (now) => now.retryBudget],
  ['circuit', '0 closed, 1 half-open, 2 open', (now) => circuit[now.breaker]],
];

const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class Metrics {
  readonly #registry = new Registry();
  readonly #durations: Histogram<'operation'>;
  readonly #answers: Counter<'operation' | 'status'>;
  readonly #perOperation = new Map<string, Histogram.Internal<'operation'>>();
  readonly #perStatus = new Map<string, Counter.Internal>();

  constructor(read: () => MetricsSnapshot, heldBytes: () => number) {
    const registers = [this.#registry];
    this.#durations = new Histogram({
      name: 'gateway_request_duration_seconds',
      help: 'Time from the headers of a request to its answer',
      labelNames: ['operation'] as const,
      buckets,
      registers,
    });
    this.#answers = new Counter({
      name: 'gateway_requests_total',
      help: 'Requests answered; 499: the application did not wait for the answer',
      labelNames: ['operation', 'status'] as const,
      registers,
    });
    for (const [name, help, value] of counters)
      new Counter({
        name: `gateway_${name}_total`,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(value(read()));
        },
      });
    for (const [name, help, value] of gauges)
      new Gauge({
        name: `gateway_${name}`,
        help,
        registers,
        collect() {
          this.set(value(read()));
        },
      });
    new Gauge({
      name: 'gateway_kept_bytes',
      help: 'Bytes of the bodies that are kept for a retry',
      registers,
      collect() {
        this.set(heldBytes());
      },
    });
    new Gauge({
      name: 'gateway_node_up',
      help: '1 when the node takes requests',
      labelNames: ['node'],
      registers,
      collect() {
        this.reset();
        for (const { url, state } of read().nodes) this.set({ node: url }, state === 'up' ? 1 : 0);
      },
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  count({ operation, status, durationMs }: Ended): void {
    this.#durationOf(operation).observe(durationMs / 1000);
    this.#answersOf(operation, status).inc();
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #durationOf(operation: string): Histogram.Internal<'operation'> {
    const known = this.#perOperation.get(operation);
    if (known) return known;
    const fresh = this.#durations.labels({ operation });
    this.#perOperation.set(operation, fresh);
    return fresh;
  }

  #answersOf(operation: string, status: number): Counter.Internal {
    const key = `${status} ${operation}`;
    const known = this.#perStatus.get(key);
    if (known) return known;
    const fresh = this.#answers.labels({ operation, status: String(status) });
    this.#perStatus.set(key, fresh);
    return fresh;
  }
}
