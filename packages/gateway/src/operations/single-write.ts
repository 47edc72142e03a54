// One write by id: sent with others where that is faster, and answered as if it had been sent by itself.
import {
  stringifyExact,
  type CallAnswer,
  type Fence,
  type Forwarder,
  type ForwardWrite,
  type HeaderMap,
  type WriteAnswer,
} from '@understudy/client/forward';
import { AnswerHeaders } from './answer-headers.ts';
import type { Exchange } from './exchange.ts';
import { fenceOf } from './fence.ts';
import { singleWriteOf, type SingleWrite } from './single-write-request.ts';

/** Passes a request on by itself; `onAnswer` may answer in its place. */
export type Pass = (exchange: Exchange, query?: string, onAnswer?: (answer: CallAnswer) => boolean) => void;

export class SingleWrites {
  readonly #forwarder: Forwarder;
  readonly #pass: Pass;
  readonly #headers = new AnswerHeaders();

  constructor(forwarder: Forwarder, pass: Pass) {
    this.#forwarder = forwarder;
    this.#pass = pass;
  }

  carryOut(exchange: Exchange): void {
    const fence = fenceOf(exchange, this.#forwarder);
    const single = singleWriteOf(exchange);
    if (fence && 'refused' in fence) return refuse(exchange, fence.refused);
    if (fence && (!single?.isGatherable || single.write.ifSeqNo !== undefined))
      return refuse(exchange, 'this request has a parameter, a header or a body that excludes a fence');
    if (!single) return this.#pass(exchange);
    if (!single.isGatherable) return this.#alone(exchange, single, undefined, () => undefined);
    const measured = this.#forwarder.measureWrite();
    const isGathered = this.#gather(exchange, single, fence, measured);
    if (!isGathered) this.#alone(exchange, single, fence, measured);
  }

  #gather(exchange: Exchange, single: SingleWrite, fence: Fence | undefined, measured: (ok: boolean) => void): boolean {
    const write = fence ? { ...single.write, fence } : single.write;
    const headers = this.#headers.of(exchange.request, performance.now());
    if (!headers) return false;
    const forwarding = this.#forwarder.write(write, exchange.remainingMs, {
      onAnswer: (answer) => {
        measured(true);
        answerWith(exchange, write, answer, headers);
      },
      onAlone: () => {
        measured(true);
        this.#alone(exchange, single, fence, () => undefined);
      },
      onError: (error) => {
        // One that its application has left says nothing about either way of sending.
        if (error.code !== 'cancelled') measured(false);
        exchange.fail(error);
      },
    });
    if (forwarding) exchange.endWithApplication(forwarding);
    return forwarding !== undefined;
  }

  #alone(exchange: Exchange, single: SingleWrite, fence: Fence | undefined, measured: (ok: boolean) => void): void {
    const { request } = exchange;
    this.#pass(exchange, fence && `version=${fence.version}&version_type=external_gte`, (answer) => {
      const { status, headers, body, maybeApplied, rest } = answer;
      measured(status < 300);
      if (status === 409 && maybeApplied && single.write.op !== 'delete') {
        this.#resolve(exchange, single, answer).catch((error: unknown) => exchange.crash(error));
        return true;
      }
      if (!rest && single.isGatherable) this.#headers.learn(request, status, headers, body, performance.now());
      return false;
    });
  }

  /** A conflict after an attempt that may have been applied: perhaps with this write itself. */
  async #resolve(exchange: Exchange, { write, refresh }: SingleWrite, conflict: CallAnswer): Promise<void> {
    const own = await this.#forwarder.resolveConflict(write, exchange.remainingMs, refresh);
    const headers = this.#headers.of(exchange.request, performance.now()) ?? withoutLength(conflict);
    if (own) answerWith(exchange, write, own, headers);
    else exchange.passOn(conflict);
  }
}

function answerWith(exchange: Exchange, write: ForwardWrite, { status, item }: WriteAnswer, headers: HeaderMap): void {
  const body = Buffer.from(stringifyExact(item) ?? '');
  const location = status === 201 ? { location: locationOf(item, write) } : {};
  exchange.answer({ status, headers: { ...location, ...headers, 'content-length': String(body.length) }, body }, 1);
}

function withoutLength({ headers }: CallAnswer): CallAnswer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith('content-') || name === 'content-type'),
  );
}

/** Where the engine says that the new document is, in the encoding of `java.net.URLEncoder`. */
function locationOf({ _index, _id }: WriteAnswer['item'], { routing }: ForwardWrite): string {
  const path = `/${urlEncoded(String(_index))}/_doc/${urlEncoded(String(_id))}`;
  return routing === undefined ? path : `${path}?routing=${urlEncoded(routing)}`;
}

function urlEncoded(text: string): string {
  const hex = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()~]/g, hex);
}

function refuse(exchange: Exchange, reason: string): void {
  exchange.refuse({
    status: 400,
    type: 'understudy_invalid_fence',
    reason: `The request was not passed on: ${reason}.`,
  });
}
