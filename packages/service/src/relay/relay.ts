// A service machine that cannot reach the engine relays requests to a peer that can.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { digestOf, peerHeader, sign } from '../auth/index.ts';
import type { Metrics } from '../metrics.ts';
import { exchange, type PeerAnswer } from './exchange.ts';
import { passedRequest, type PassedRequest } from './passed-request.ts';
import { Peers } from './peers.ts';

/** RFC 9110, 7.6.3: a request that names us here was passed on already, and is not passed on again. */
const via = '1.1 understudy-service';

const answeredHeaders = ['content-type', 'retry-after', 'location', 'preference-applied'] as const;

export interface RelayOptions {
  readonly peers: readonly string[];
  /** With which this machine proves itself to the others now; undefined: it does not. */
  readonly secret: () => string | undefined;
  /** Who sent a request, for the log of the peer. */
  readonly callerOf: (request: FastifyRequest) => string;
  /** What a request may take here and there together. */
  readonly deadlineMs: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #peers: Peers;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#peers = new Peers(options.peers, options.logger, options.secret);
  }

  /**
   * Answers a request that the engine did not serve with a peer's answer, and returns true; false when no peer can, or when it
   * is a relayed request itself. A write whose outcome is unknown may be passed on: its id makes repeating it safe.
   */
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    if (request.headers.via?.includes(via) === true) return false;
    const response = await this.#pass(request, reply).catch((error: unknown) => {
      this.#options.logger.warn(
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
    this.#options.metrics.relayed.inc();
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
    const leftMs = Math.floor(this.#options.deadlineMs - reply.elapsedTime);
    if (peer === undefined || leftMs <= 0) return undefined;
    const headers = { ...passed.headers, via, ...this.#signature(request, passed) };
    const answer = await exchange(peer, { ...passed, headers }, leftMs);
    // It does not know this machine, so it has not looked at the request: its refusal is not for the caller.
    if (answer.status === 401 || answer.status === 403)
      throw new Error(
        `${peer} refuses this machine (${answer.status}); PEER_SECRET or PEER_SECRET_FILE must be the same on both`,
      );
    return answer;
  }

  #signature(request: FastifyRequest, { method, path, body }: PassedRequest): Readonly<Record<string, string>> {
    const { callerOf } = this.#options;
    const secret = this.#options.secret();
    if (secret === undefined) return {};
    const signed = { method, path, caller: callerOf(request), digest: digestOf(body) };
    return { [peerHeader]: sign(secret, signed, Date.now()) };
  }
}
