// The gateway: an HTTP server whose requests are passed on by the client's forwarder. It holds no policy of its own.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { createForwarder, type Forwarder } from '@understudy/client/forward';
import { ConfigurationError, type Configuration } from './configuration.ts';
import { collect, readTarget, sendError, type BodyMemory, type Target } from './http/index.ts';
import { Metrics, RequestLog, statusOf } from './observe/index.ts';
import { Exchange, Operations, type Ended } from './operations/index.ts';
import { classify, type Route } from './routes/index.ts';

/** 20 days, nearly as long as a timer of the runtime can be: for what has no deadline. */
const noDeadlineMs = 20 * 86_400_000;
const deadlineHeader = 'x-understudy-deadline-ms';
/** After SIGTERM: how long an idle connection may still bring a request before it is closed. */
const idleMs = 1000;

/** Parts in place of those that the configuration asks for. */
export interface GatewayParts {
  readonly forwarder?: Forwarder;
  /** Takes the lines of the request log; standard output by default. */
  readonly writeLog?: (line: string) => void;
}

export class Gateway {
  readonly server: Server;
  readonly forwarder: Forwarder;
  readonly #configuration: Configuration;
  readonly #operations: Operations;
  readonly #memory: BodyMemory;
  readonly #isPrefixed: boolean;
  readonly #metrics: Metrics;
  readonly #log: RequestLog;
  /** The newest response of each connection. */
  readonly #newest = new WeakMap<Socket, ServerResponse>();
  #underWay = 0;
  #isStopping = false;

  constructor(configuration: Configuration, parts: GatewayParts = {}) {
    this.#configuration = configuration;
    this.forwarder = parts.forwarder ?? forwarderFor(configuration);
    this.#operations = new Operations(this.forwarder, configuration.divideBulks);
    this.#memory = { held: 0, most: configuration.keptBytes };
    this.#isPrefixed = configuration.engine.some((url) => new URL(url).pathname !== '/');
    this.#metrics = new Metrics(
      () => this.forwarder.metrics(),
      () => this.#memory.held,
    );
    this.#log = new RequestLog(configuration.logEvery, parts.writeLog ?? ((line) => process.stdout.write(line)));
    this.server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0, noDelay: true }, (request, response) => {
      // Of several requests that one connection sends in advance, each begins when the one before it has been answered.
      const before = response.socket ? undefined : this.#newest.get(request.socket);
      this.#newest.set(request.socket, response);
      if (!before) return this.#onRequest(request, response);
      before.once('close', () => {
        if (!request.socket.destroyed) this.#onRequest(request, response);
      });
    });
  }

  /** Takes no new connection, answers what is under way, and closes everything after `stopMs` at the latest. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    // The close of an HTTP server would also close idle connections, on which a request may be arriving.
    NetServer.prototype.close.call(this.server);
    const end = performance.now() + this.#configuration.stopMs;
    const idleEnd = performance.now() + idleMs;
    const isBusy = async (): Promise<boolean> => {
      if (performance.now() >= idleEnd) this.server.closeIdleConnections();
      return this.#underWay > 0 || (await connectionsOf(this.server)) > 0;
    };
    while ((await isBusy()) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    this.server.closeAllConnections();
    await this.forwarder.close({ drainMs: Math.max(0, end - performance.now()) });
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const startedMs = performance.now();
    response.sendDate = false;
    if (this.#isStopping) response.shouldKeepAlive = false;
    const { method = 'GET', url = '' } = request;
    if (request.httpVersionMajor < 1) return refuse(request, response, 'invalid_version', 'it is of HTTP before 1.0');
    const target = readTarget(url, this.#isPrefixed);
    if ('refused' in target) return refuse(request, response, 'invalid_target', target.refused);
    if (target.path.startsWith('/_understudy')) return void this.#onOwn(target, request, response);
    if (request.headers['transfer-encoding'] !== undefined && request.headers['transfer-encoding'] !== 'chunked')
      return refuse(request, response, 'invalid_encoding', 'its transfer-encoding is another than chunked');
    const route = classify(method, target.path, target.query);
    const deadlineMs = this.#deadlineOf(request, route);
    if (deadlineMs === undefined) {
      const seen = String(request.headers[deadlineHeader]);
      const reason = `X-Understudy-Deadline-Ms is '${seen}'; it must be a whole number from 1 to ${noDeadlineMs}`;
      return refuse(request, response, 'invalid_deadline', reason);
    }
    this.#underWay++;
    collect(request, this.#configuration.keptBodyBytes, this.#memory, (body, release) => {
      if (body === undefined) {
        this.#underWay--;
        return;
      }
      const about = { request, response, route, target, body, deadlineMs, startedMs };
      const exchange = new Exchange(about, (ended) => {
        this.#underWay--;
        release();
        this.#onEnd(ended);
      });
      this.#operations.carryOut(exchange);
    });
  }

  #onEnd(ended: Ended): void {
    this.#metrics.count(ended);
    this.#log.log(ended);
  }

  async #onOwn({ path }: Target, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && path === '/_understudy/metrics') {
      const text = await this.#metrics.text();
      response.writeHead(200, { 'content-type': this.#metrics.contentType }).end(text);
    } else if (isRead && path === '/_understudy') {
      const status = statusOf(this.forwarder.metrics(), this.#isStopping, this.#memory.held);
      const code = status.state === 'up' ? 200 : 503;
      response.writeHead(code, { 'content-type': 'application/json' }).end(`${JSON.stringify(status, null, 2)}\n`);
    } else
      refuse(request, response, 'unknown_path', 'the gateway itself has GET /_understudy and GET /_understudy/metrics');
  }

  #deadlineOf(request: IncomingMessage, route: Route): number | undefined {
    const text = request.headers[deadlineHeader];
    if (text === undefined) return route.unbounded ? noDeadlineMs : this.#configuration.deadlineMs;
    const ms = typeof text === 'string' && /^\d{1,10}$/.test(text) ? Number(text) : 0;
    return ms >= 1 && ms <= noDeadlineMs ? ms : undefined;
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, type: string, reason: string): void {
  // Its body is not read, so the connection cannot be used again.
  response.shouldKeepAlive = false;
  const error = { status: 400, type: `understudy_${type}`, reason: `The request was not passed on: ${reason}.` };
  sendError(response, error, request.method === 'HEAD');
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)));
}

function authority(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const problem = `--ca (GATEWAY_CA): the file ${path} cannot be read: ${(error as Error).message}.`;
    throw new ConfigurationError([problem]);
  }
}

function forwarderFor(configuration: Configuration): Forwarder {
  const { engine, username, password, caPath, deadlineMs, gather, hedge, maxQueue } = configuration;
  return createForwarder({
    nodes: engine,
    deadlineMs,
    // How long a request may take is not known here: a slow attempt is given up when its node is, or by its deadline.
    attempt: { minMs: Math.max(10_000, deadlineMs / 3) },
    gather: { writes: gather, maxQueue },
    admission: { maxQueue },
    connections: { maxAnswerBytes: -1 },
    ...(hedge === 'off' ? { hedging: false as const } : {}),
    ...(username === undefined || password === undefined ? {} : { auth: { username, password: password.reveal() } }),
    ...(caPath === undefined ? {} : { tls: { ca: authority(caPath) } }),
  });
}
