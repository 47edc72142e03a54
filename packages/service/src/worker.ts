// A worker: serves the connections that the supervisor passes to it. It ends on the supervisor's message, or when the supervisor has ended.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { createApplication } from './application.ts';
import { Guard } from './auth/index.ts';
import type { Configuration } from './configuration.ts';
import { ClientEngine, clientFor } from './engine-client.ts';
import { addEngineMetrics } from './engine-metrics.ts';
import type { ToSupervisor, ToWorker } from './messages.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { addQueueMetrics } from './queue/queue-metrics.ts';
import { WriteQueue } from './queue/write-queue.ts';
import { Relay } from './relay/relay.ts';

export async function runWorker(configuration: Configuration, logger: Logger): Promise<void> {
  const worker = new Worker(configuration, logger);
  await worker.start();
}

class Worker {
  readonly #configuration: Configuration;
  readonly #logger: Logger;
  readonly #metrics: Metrics = createMetrics();
  readonly #sockets = new Set<Socket>();
  readonly #metricsAsked = new Map<number, (text: string) => void>();
  #draining = false;
  #lastRequest = 0;
  #app: FastifyInstance | undefined;
  #queue: WriteQueue | undefined;
  #stopped: Promise<void> | undefined;

  constructor(configuration: Configuration, logger: Logger) {
    this.#configuration = configuration;
    this.#logger = logger;
  }

  async start(): Promise<void> {
    // A service manager signals every process of the unit, a terminal the whole group; only the supervisor acts on it.
    process.on('SIGTERM', () => undefined);
    process.on('SIGINT', () => undefined);
    const { engine: address, auth, workers, metrics } = this.#configuration;
    const client = clientFor(this.#configuration, this.#logger);
    const engine = new ClientEngine(client, address.index);
    addEngineMetrics(this.#metrics.registry, client);
    this.#queue = this.#startQueue(engine);
    const guard = new Guard({ auth, workers, metrics, logger: this.#logger });
    const app = createApplication({
      configuration: this.#configuration,
      engine,
      queue: this.#queue,
      guard,
      relay: this.#relay(guard),
      logger: this.#logger,
      metrics: this.#metrics,
      allMetrics: () => this.#askMetrics(),
      draining: () => this.#draining,
    });
    this.#app = app;
    // Node closes slow and idle connections only of a server that listens, so it listens on an
    // abstract socket of this process, which no client uses. Its connections come from the supervisor.
    await app.listen({ path: `\0understudy-service-${process.pid}` });
    process.on('message', (message, socket) => this.#onMessage(message as ToWorker, socket as Socket | undefined));
    process.on('disconnect', () => void this.#stop());
    send({ kind: 'ready' });
    setInterval(() => send({ kind: 'alive' }), 1000).unref();
  }

  #relay(guard: Guard): Relay | undefined {
    const { peers, deadlineMs } = this.#configuration;
    if (peers.length === 0) return undefined;
    const callerOf = (request: FastifyRequest) => guard.callerOf(request).id;
    const secret = () => guard.peerSecret;
    return new Relay({ peers, secret, callerOf, deadlineMs, logger: this.#logger, metrics: this.#metrics });
  }

  #startQueue(engine: ClientEngine): WriteQueue | undefined {
    const { queue: location, engine: address } = this.#configuration;
    if (location === undefined) return undefined;
    const queue = new WriteQueue({ ...location, engine, index: address.index, logger: this.#logger });
    addQueueMetrics(this.#metrics.registry, queue);
    queue.start();
    return queue;
  }

  #onMessage(message: ToWorker, socket: Socket | undefined): void {
    if (message.kind === 'connection') this.#take(message.connection, socket);
    else if (message.kind === 'drain') this.#draining = true;
    else if (message.kind === 'stop') void this.#stop();
    else if (message.kind === 'metrics') this.#metricsAsked.get(message.request)?.(message.text);
    else void this.#giveMetrics(message.request);
  }

  #take(connection: number, socket: Socket | undefined): void {
    send({ kind: 'taken', connection });
    // The caller may have closed its connection before it arrived here.
    if (socket === undefined) return;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#server.emit('connection', socket);
    socket.resume();
  }

  get #server(): Server {
    return (this.#app as FastifyInstance).server;
  }

  #stop(): Promise<void> {
    this.#stopped ??= this.#finish();
    return this.#stopped;
  }

  async #finish(): Promise<void> {
    this.#draining = true;
    const end = performance.now() + this.#configuration.stopMs;
    while (this.#sockets.size > 0 && performance.now() < end) {
      this.#server.closeIdleConnections();
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    for (const socket of this.#sockets) socket.destroy();
    await this.#app?.close();
    await this.#queue?.close();
    process.exit(0);
  }

  /** The page for Prometheus with the numbers of all workers; the supervisor collects them. */
  #askMetrics(): Promise<string> {
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('The supervisor did not answer.')), 8000);
      this.#metricsAsked.set(request, (text) => {
        clearTimeout(timer);
        this.#metricsAsked.delete(request);
        resolve(text);
      });
      send({ kind: 'metrics-wanted', request });
    });
  }

  async #giveMetrics(request: number): Promise<void> {
    send({ kind: 'metrics', request, values: await this.#metrics.registry.getMetricsAsJSON() });
  }
}

function send(message: ToSupervisor): void {
  // A broken channel is followed by 'disconnect', which stops this worker gracefully.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}
