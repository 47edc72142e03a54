// Carries out requests by their kind: passed on as they are, gathered, or as a bulk whose failed items are repeated.
import type { CallAnswer, Forwarder } from '@understudy/client/forward';
import { Bulks } from './bulk.ts';
import type { Exchange } from './exchange.ts';
import { fenceHeader } from './fence.ts';
import { SingleWrites } from './single-write.ts';

export class Operations {
  readonly #forwarder: Forwarder;
  readonly #writes: SingleWrites;
  readonly #bulks: Bulks;

  /** @param divideFrom bulks of so many items are divided; 0 for none. */
  constructor(forwarder: Forwarder, divideFrom: number) {
    this.#forwarder = forwarder;
    this.#writes = new SingleWrites(forwarder, (exchange, query, onAnswer) => this.#pass(exchange, query, onAnswer));
    this.#bulks = new Bulks(forwarder, divideFrom, (exchange) => this.#pass(exchange));
  }

  carryOut(exchange: Exchange): void {
    const { handling } = exchange.route;
    if (handling === 'bulk') this.#bulks.carryOut(exchange);
    else if (handling === 'plain' && exchange.request.headers[fenceHeader] === undefined) this.#pass(exchange);
    else this.#writes.carryOut(exchange);
  }

  /** Passes the request on as it is, with `query` added; `onAnswer` may answer in place of the engine. */
  #pass(exchange: Exchange, query?: string, onAnswer?: (answer: CallAnswer) => boolean): void {
    if (exchange.isGone) return exchange.leave();
    const forwarding = this.#forwarder.send(exchange.toForward(query), {
      onDone: (answer) => {
        if (!onAnswer?.(answer)) exchange.passOn(answer);
      },
      onError: (error, lastAnswer) =>
        lastAnswer ? exchange.answer(lastAnswer, error.attempts.length) : exchange.fail(error),
    });
    exchange.endWithApplication(forwarding);
  }
}
