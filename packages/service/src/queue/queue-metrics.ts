// The queue's numbers for Prometheus, read when they are asked for.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { WriteQueue } from './write-queue.ts';

export function addQueueMetrics(registry: Registry, queue: WriteQueue): void {
  const registers = [registry];
  new Gauge({
    name: 'service_queue_pending',
    help: 'Accepted writes that the engine does not have yet',
    registers,
    collect() {
      this.set(queue.pending);
    },
  });
  new Gauge({
    name: 'service_queue_bytes',
    help: 'Size of the queue on this machine',
    // Each worker reports the size of the whole queue.
    aggregator: 'max',
    registers,
    collect() {
      this.set(queue.bytes);
    },
  });
  new Counter({
    name: 'service_queue_accepted_total',
    help: 'Writes that were queued',
    registers,
    collect() {
      this.reset();
      this.inc(queue.counts.accepted);
    },
  });
  new Counter({
    name: 'service_queue_refused_total',
    help: 'Writes that were not queued, because the queue is full or the disk failed',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      this.inc({ reason: 'full' }, queue.counts.refusedFull);
      this.inc({ reason: 'disk' }, queue.counts.refusedDisk);
    },
  });
  new Counter({
    name: 'service_queue_settled_total',
    help: 'Queued writes that left the queue: written, superseded by a later write, refused by the engine, or damaged on disk',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(queue.counts.settled)) this.inc({ outcome }, count);
    },
  });
}
