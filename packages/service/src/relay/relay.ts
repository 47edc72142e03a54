// A service machine that cannot reach the engine relays requests to a peer that can.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import { exchange, type PeerAnswer } from './exchange.ts';
import { passedRequest } from './passed-request.ts';
import { Peers } from './peers.ts';

/** RFC 9110, 7.6.3: a request that names us here was passed on already, and is not passed on again. */
const via = '1.1 understudy-service';

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
   * Answers a request that the engine did not serve with a peer's answer, and returns true; false when no peer can, or when it
   * is a relayed request itself. A write whose outcome is unknown may be passed on: its id makes repeating it safe.
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
      const value = response.headers[name];
      if (value !== undefined) reply.header(name, value);
    }
    this.#metrics.relayed.inc();
    reply
      .code(response.status)
      .header('via', via)
      .send(response.body.length === 0 ? undefined : response.body);
    return true;
  }

  async #pass(request: FastifyRequest, reply: FastifyReply): Promise<PeerAnswer | undefined> {
    const passed = passedRequest(request);
    if (passed === undefined) return undefined;
    const peer = await this.#peers.ready();
    const leftMs = Math.floor(this.#deadlineMs - reply.elapsedTime);
    if (peer === undefined || leftMs <= 0) return undefined;
    return await exchange(peer, { ...passed, headers: { ...passed.headers, via } }, leftMs);
  }
}
