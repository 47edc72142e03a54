// What the application and its routes are built from: the parts of one worker.
import type { Logger } from 'pino';
import type { Guard } from './auth/index.ts';
import type { Configuration } from './configuration.ts';
import type { Engine } from './engine.ts';
import type { Metrics } from './metrics.ts';
import type { WriteQueue } from './queue/write-queue.ts';
import type { Relay } from './relay/relay.ts';

export interface ApplicationOptions {
  readonly configuration: Configuration;
  readonly guard: Guard;
  readonly engine: Engine;
  /** Undefined when this service queues no writes. */
  readonly queue: WriteQueue | undefined;
  /** Undefined when there are no other service machines. */
  readonly relay: Relay | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The Prometheus page of all workers. */
  readonly allMetrics: () => Promise<string>;
  /** True while the process is about to stop: liveness answers 503, everything else is still served. */
  readonly draining: () => boolean;
}
