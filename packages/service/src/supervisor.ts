// The first process: it owns the port and passes each accepted connection to a worker, so that the port stays open and
// connections wait instead of being refused even while no worker runs. It serves no request itself.
// (node:cluster closes the port when its last worker exits; that is why it is not used.)
import { fork, type ChildProcess } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Configuration } from './configuration.ts';
import type { ToSupervisor, ToWorker } from './messages.ts';
import { aggregateMetrics } from './metrics.ts';
import { restartDelayMs } from './restart-delay.ts';

/** Connections that may wait for a worker before new ones are closed. */
const maxWaiting = 1024;
/** A worker whose event loop is blocked for this long is killed and replaced. */
const unresponsiveMs = 15_000;
/** The same while it starts, which may be slow on a busy machine. */
const startMs = 60_000;
/** A worker that served this long before its crash does not count as part of a crash loop. */
const servedMs = 2000;

export interface SupervisorOptions {
  readonly configuration: Configuration;
  readonly logger: Logger;
  /** The file that workers run, and Node's own arguments for it. */
  readonly entry: string;
  readonly execArgv: readonly string[];
}

interface Worker {
  readonly process: ChildProcess;
  readonly startedMs: number;
  /** Since when it is ready; undefined until then. */
  readyMs: number | undefined;
  /** Connections that were sent to it and that it has not taken yet. */
  readonly offered: Map<number, Socket>;
  lastMessageMs: number;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #server: Server;
  readonly #workers = new Set<Worker>();
  readonly #waiting: Socket[] = [];
  readonly #watch: NodeJS.Timeout;
  #ready: readonly Worker[] = [];
  #turn = 0;
  #connections = 0;
  #crashes = 0;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      this.#offer(socket);
    });
    this.#watch = setInterval(() => this.#killUnresponsive(), 1000);
  }

  /** Opens the port and starts the workers. Rejects when the port cannot be opened. */
  async start(): Promise<void> {
    const { host, port, workers } = this.#options.configuration;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: 4096 }, resolve);
    });
    this.#options.logger.info({ host, port, workers, pid: process.pid }, 'listening');
    for (let count = 0; count < workers; count += 1) this.#startWorker();
  }

  /**
   * Graceful stop: liveness answers 503, the balancer has `drainMs` to notice, the port closes, requests in flight get
   * `stopMs` to finish. Aborting `skipDrain` skips that wait. Resolves when no worker is left.
   */
  async stop(skipDrain: AbortSignal): Promise<void> {
    const { drainMs, stopMs } = this.#options.configuration;
    this.#stopping = true;
    this.#sendAll({ kind: 'drain' });
    await pause(drainMs, skipDrain);
    this.#server.close();
    for (const socket of this.#waiting.splice(0)) socket.destroy();
    const gone = Promise.all([...this.#workers].map((worker) => exited(worker.process)));
    this.#sendAll({ kind: 'stop' });
    await Promise.race([gone, pause(stopMs)]);
    for (const worker of this.#workers) worker.process.kill('SIGKILL');
    await gone;
    clearInterval(this.#watch);
  }

  #startWorker(): void {
    const { entry, execArgv } = this.#options;
    const child = fork(entry, ['worker'], { execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const nowMs = performance.now();
    const worker: Worker = {
      process: child,
      startedMs: nowMs,
      readyMs: undefined,
      offered: new Map(),
      lastMessageMs: nowMs,
    };
    this.#workers.add(worker);
    child.on('message', (message) => this.#onMessage(worker, message as ToSupervisor));
    child.on('error', (error) => this.#options.logger.error({ err: error, worker: child.pid }, 'worker failed'));
    child.once('exit', (code, signal) => this.#lost(worker, code, signal));
  }

  #lost(worker: Worker, code: number | null, signal: string | null): void {
    this.#workers.delete(worker);
    this.#updateReady();
    for (const socket of worker.offered.values()) this.#offer(socket);
    if (this.#stopping) return;
    const nowMs = performance.now();
    const livedMs = nowMs - worker.startedMs;
    this.#crashes = nowMs - (worker.readyMs ?? nowMs) > servedMs ? 1 : this.#crashes + 1;
    const delayMs = restartDelayMs(this.#crashes);
    this.#options.logger.error(
      { worker: worker.process.pid, code, signal, livedMs, delayMs },
      'worker ended; a new one starts',
    );
    setTimeout(() => {
      if (!this.#stopping) this.#startWorker();
    }, delayMs);
  }

  #onMessage(worker: Worker, message: ToSupervisor): void {
    worker.lastMessageMs = performance.now();
    if (message.kind === 'ready') {
      worker.readyMs = worker.lastMessageMs;
      this.#updateReady();
      this.#options.logger.info({ worker: worker.process.pid }, 'worker ready');
      for (const socket of this.#waiting.splice(0)) this.#offer(socket);
    } else if (message.kind === 'taken') {
      // The worker has a handle of its own; closing ours leaves the connection open.
      worker.offered.get(message.connection)?.destroy();
      worker.offered.delete(message.connection);
    } else if (message.kind === 'metrics-wanted') {
      void this.#answerMetrics(worker, message.request);
    }
  }

  /** Passes a connection to the next worker; kept here until the worker has taken it, so that it survives a crash of the worker. */
  #offer(socket: Socket): void {
    const worker = this.#ready[this.#turn++ % this.#ready.length];
    if (worker !== undefined) {
      this.#connections += 1;
      const connection = this.#connections;
      worker.offered.set(connection, socket);
      // A failed send is followed by the exit of the worker, which passes the connection to another.
      worker.process.send(
        { kind: 'connection', connection } satisfies ToWorker,
        socket,
        { keepOpen: true },
        ignoreError,
      );
    } else if (this.#waiting.length < maxWaiting && !this.#stopping) {
      this.#waiting.push(socket);
    } else {
      socket.destroy();
    }
  }

  #updateReady(): void {
    this.#ready = [...this.#workers].filter((worker) => worker.readyMs !== undefined && worker.process.connected);
  }

  #killUnresponsive(): void {
    const nowMs = performance.now();
    for (const worker of this.#workers) {
      const boundMs = worker.readyMs === undefined ? startMs : unresponsiveMs;
      if (nowMs - worker.lastMessageMs < boundMs) continue;
      this.#options.logger.error({ worker: worker.process.pid, boundMs }, 'worker does not answer; it is killed');
      worker.process.kill('SIGKILL');
    }
  }

  async #answerMetrics(asker: Worker, request: number): Promise<void> {
    const text = await aggregateMetrics(this.#ready.map((worker) => worker.process));
    if (asker.process.connected) asker.process.send({ kind: 'metrics', request, text } satisfies ToWorker, ignoreError);
  }

  #sendAll(message: ToWorker): void {
    for (const worker of this.#workers) if (worker.process.connected) worker.process.send(message, ignoreError);
  }
}

/** A worker that ended meanwhile is detected by its exit, not by the failed message. */
function ignoreError(): void {
  return undefined;
}

function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function pause(ms: number, skip?: AbortSignal): Promise<void> {
  if (skip?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    skip?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
