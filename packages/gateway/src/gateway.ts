// The gateway: an HTTP server whose requests are passed on by the client's forwarder. It holds no policy of its own.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createForwarder, type Forwarder } from '@understudy/client/forward';
import type { Configuration } from './configuration.ts';
import { collect, readTarget, sendError, type BodyMemory, type EngineLikeError } from './http/index.ts';
import { Exchange, type Ended } from './operations/exchange.ts';
import { Operations } from './operations/index.ts';
import { classify, type Route } from './routes/index.ts';

/** As long as a timer can be: for what has no deadline. */
const noDeadlineMs = 2 ** 31 - 1;

export class Gateway {
  readonly server: Server;
  readonly forwarder: Forwarder;
  readonly #configuration: Configuration;
  readonly #operations: Operations;
  readonly #memory: BodyMemory;
  readonly #isPrefixed: boolean;

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
    this.forwarder = forwarderFor(configuration);
    this.#operations = new Operations(this.forwarder);
    this.#memory = { held: 0, most: configuration.keptBytes };
    this.#isPrefixed = configuration.engine.some((url) => new URL(url).pathname !== '/');
    this.server = createServer(
      { keepAliveTimeout: 65_000, requestTimeout: 0, noDelay: true, insecureHTTPParser: false },
      (request, response) => this.#onRequest(request, response),
    );
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const startedMs = performance.now();
    response.sendDate = false;
    const { method = 'GET', url = '' } = request;
    const target = readTarget(url, this.#isPrefixed);
    if ('refused' in target) return this.#refuse(request, response, 'invalid_target', target.refused);
    const route = classify(method, target.path, target.query);
    const deadlineMs = this.#deadlineOf(request, route);
    if (deadlineMs === undefined)
      return this.#refuse(
        request,
        response,
        'invalid_deadline',
        `X-Understudy-Deadline-Ms is '${String(request.headers[deadlineHeader])}'; it must be a whole number from 1 to ${noDeadlineMs}`,
      );
    collect(request, this.#configuration.keptBodyBytes, this.#memory, (body, release) => {
      const about = { request, response, route, target, body, deadlineMs, startedMs };
      this.#operations.carryOut(new Exchange(about, (ended) => this.#onEnd(ended, release)));
    });
  }

  #onEnd(_ended: Ended, release: () => void): void {
    release();
  }

  #deadlineOf(request: IncomingMessage, route: Route): number | undefined {
    const text = request.headers[deadlineHeader];
    if (text === undefined) return route.unbounded ? noDeadlineMs : this.#configuration.deadlineMs;
    const ms = typeof text === 'string' && /^\d{1,10}$/.test(text) ? Number(text) : 0;
    return ms >= 1 && ms <= noDeadlineMs ? ms : undefined;
  }

  #refuse(request: IncomingMessage, response: ServerResponse, type: string, reason: string): void {
    const error: EngineLikeError = { status: 400, type: `understudy_${type}`, reason: `The request was not passed on: ${reason}.` };
    // Its body is not read, so the connection cannot be used again.
    response.shouldKeepAlive = false;
    sendError(response, error, request.method === 'HEAD');
  }
}

const deadlineHeader = 'x-understudy-deadline-ms';

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
    ...(username === undefined || password === undefined ? {} : { auth: { username, password } }),
    ...(caPath === undefined ? {} : { tls: { ca: readFileSync(caPath) } }),
  });
}
