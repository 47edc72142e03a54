// The metrics of a worker, and their aggregation over all workers for Prometheus.
import type { ChildProcess } from 'node:child_process';
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { ToSupervisor, ToWorker } from './messages.ts';

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE;

const answerWithinMs = 3000;

export interface Metrics {
  readonly registry: Registry;
  /** Adds one finished request. */
  request(route: string, method: string, status: number, seconds: number): void;
  readonly inFlight: Gauge;
  /** Failures of the engine by kind, as reported to callers. */
  readonly engineFailures: Counter<'kind'>;
  /** Requests that another service machine answered. */
  readonly relayed: Counter;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'service_requests_total',
    help: 'Requests answered',
    labelNames: ['route', 'method', 'status'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'service_request_duration_seconds',
    help: 'Time from the headers of a request to the end of its answer',
    labelNames: ['route', 'method'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  return {
    registry,
    request(route, method, status, seconds) {
      requests.inc({ route, method, status: String(status) });
      durations.observe({ route, method }, seconds);
    },
    inFlight: new Gauge({ name: 'service_requests_in_flight', help: 'Requests being served', registers }),
    engineFailures: new Counter({
      name: 'service_engine_failures_total',
      help: 'Requests that the engine did not serve, by the error that the caller got',
      labelNames: ['kind'] as const,
      registers,
    }),
    relayed: new Counter({
      name: 'service_relayed_requests_total',
      help: 'Requests that another service machine answered, because the engine could not be reached from here',
      registers,
    }),
  };
}

let lastRequest = 0;

/** Supervisor's side: asks every worker and adds up; a worker that does not answer within three seconds is left out. */
export async function aggregateMetrics(workers: readonly ChildProcess[]): Promise<string> {
  lastRequest += 1;
  const request = lastRequest;
  const answers = await Promise.all(workers.map((worker) => metricsOf(worker, request)));
  const found = answers.filter((values) => values !== undefined);
  return await AggregatorRegistry.aggregate(found).metrics();
}

function metricsOf(worker: ChildProcess, request: number): Promise<readonly object[] | undefined> {
  return new Promise((resolve) => {
    const finish = (values: readonly object[] | undefined) => {
      clearTimeout(timer);
      worker.off('message', onMessage);
      resolve(values);
    };
    const onMessage = (message: unknown) => {
      const received = message as ToSupervisor;
      if (received.kind === 'metrics' && received.request === request) finish(received.values);
    };
    const timer = setTimeout(finish, answerWithinMs, undefined);
    worker.on('message', onMessage);
    worker.send({ kind: 'metrics-wanted', request } satisfies ToWorker, (error) => {
      if (error) finish(undefined);
    });
  });
}
