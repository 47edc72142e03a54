// A service machine that is cut off from the engine answers through a peer that is not: its callers do not notice.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import { Peers } from './peers.ts';

/** RFC 9110, 7.6.3: a request that names us here was passed on already, and is not passed on again. */
const via = '1.1 understudy-service';

const askedHeaders = ['content-type', 'prefer', 'traceparent', 'tracestate'] as const;
const answeredHeaders = ['content-type', 'retry-after', 'location', 'preference-applied'] as const;

export interface RelayOptions {
  readonly peers: readonly string[];
  /** What a request may take here and there together. */
  readonly deadlineMs: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export class Relay {
  readonly #peers: Peers;
  readonly #deadlineMs: number;
  readonly #logger: Logger;
  readonly #metrics: Metrics;

  constructor({ peers, deadlineMs, logger, metrics }: RelayOptions) {
    this.#peers = new Peers(peers, logger);
    this.#deadlineMs = deadlineMs;
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /**
   * Answers a request that the engine did not serve with what a peer makes of it, and says true; false when no peer can, or when it
   * is a relayed request itself. A write whose fate is unknown may be passed on: its id makes repeating it safe.
   */
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    if (request.headers.via?.includes(via) === true) return false;
    const response = await this.#pass(request, reply).catch((error: unknown) => {
      this.#logger.warn(
        { err: error, request_id: request.id },
        'a peer did not answer a request that was passed to it',
      );
      return undefined;
    });
    if (response === undefined) return false;
    for (const name of answeredHeaders) {
      const value = response.headers.get(name);
      if (value !== null) reply.header(name, value);
    }
    this.#metrics.relayed.inc();
    reply.code(response.status).header('via', via).send(response.body);
    return true;
  }

  async #pass(request: FastifyRequest, reply: FastifyReply): Promise<RelayedResponse | undefined> {
    const peer = await this.#peers.ready();
    const leftMs = Math.floor(this.#deadlineMs - reply.elapsedTime);
    if (peer === undefined || leftMs <= 0) return undefined;
    const headers = new Headers({ via, 'x-request-id': request.id });
    for (const name of askedHeaders) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const response = await fetch(new URL(request.url, peer), {
      method: request.method,
      headers,
      body: bodyOf(request),
      redirect: 'manual',
      signal: AbortSignal.timeout(leftMs),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body: bytes.length === 0 ? undefined : bytes };
  }
}

interface RelayedResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer | undefined;
}

/** The body as it was parsed; NDJSON is kept as its bytes. */
function bodyOf({ body }: FastifyRequest): string | Uint8Array<ArrayBuffer> | null {
  if (body === undefined || body === null) return null;
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}
