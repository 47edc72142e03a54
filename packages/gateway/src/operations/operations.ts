// Carries out requests by their kind: passed on as they are, gathered, or as a bulk whose failed items are repeated.
import type { Forwarder, Forwarding } from '@understudy/client/forward';
import type { Exchange } from './exchange.ts';

export class Operations {
  readonly #forwarder: Forwarder;

  constructor(forwarder: Forwarder) {
    this.#forwarder = forwarder;
  }

  carryOut(exchange: Exchange): void {
    this.#pass(exchange);
  }

  /** Passes the request on as it is. */
  #pass(exchange: Exchange): void {
    const forward = exchange.toForward();
    const forwarding = this.#forwarder.send(forward, {
      onDone: (answer) => exchange.answer(answer, answer.attempts),
      onError: (error, lastAnswer) =>
        lastAnswer ? exchange.answer(lastAnswer, error.attempts.length) : exchange.fail(error),
    });
    // A read that nobody waits for any more is ended; a write goes on, as it would at the engine.
    if (forward.safety === 'read') endWithApplication(exchange, forwarding);
  }
}

function endWithApplication({ response }: Exchange, forwarding: Forwarding): void {
  response.on('close', () => {
    if (!response.writableEnded) forwarding.cancel();
  });
}
