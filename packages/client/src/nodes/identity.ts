// The engine's own id of a node: how it is asked for, and how it is read from the answer.
import type { Node } from './node.ts';
import type { Exchange, WireAnswer, WireRequest, WireSink } from './wire.ts';

/** Asks a node for its own id: the one key of the answer's `nodes`. */
export const identifyRequest: WireRequest = {
  method: 'GET',
  path: '/_nodes/_local?filter_path=nodes.*.name',
  body: null,
  contentType: 'application/json',
};

/** The id in the answer to `identifyRequest`; undefined when there is none. */
export function engineIdIn({ status, body }: WireAnswer): string | undefined {
  return status === 200 ? /^\s*\{\s*"nodes"\s*:\s*\{\s*"([\w-]+)"/.exec(body.toString('latin1'))?.[1] : undefined;
}

/** The request for a node's id. Without an answer the client works, only without a read preference. */
export class Identity implements WireSink {
  readonly #node: Node;
  readonly #onKnown: () => void;
  #exchange: Exchange | null = null;

  constructor(node: Node, onKnown: () => void) {
    this.#node = node;
    this.#onKnown = onKnown;
  }

  ask(): void {
    this.#exchange ??= this.#node.wire.probe(identifyRequest, this);
  }

  stop(): void {
    this.#exchange?.cancel();
    this.#exchange = null;
  }

  onSent(): void {
    // It may always be repeated.
  }

  onAnswer(answer: WireAnswer): void {
    this.#exchange = null;
    const id = engineIdIn(answer);
    if (id === undefined || id === this.#node.engineId) return;
    this.#node.engineId = id;
    this.#onKnown();
  }

  onFailure(): void {
    this.#exchange = null;
  }
}
