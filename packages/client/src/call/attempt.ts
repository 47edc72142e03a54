// One request to one node on behalf of a call: updates the node's state and reports the end to the call, once.
import { InFlightRequest } from '../nodes/in-flight.ts';
import type { Node } from '../nodes/node.ts';
import { WireFault, type Exchange, type WireAnswer, type WireRequest, type WireSink } from '../nodes/wire.ts';
import type { Core } from './core.ts';

export interface AttemptOwner {
  onAnswer(attempt: Attempt, answer: WireAnswer, nowMs: number): void;
  onFailure(attempt: Attempt, error: Error): void;
  /** Its node was marked down; the attempt is still under way. */
  onEvicted(attempt: Attempt): void;
  /** Another node was marked down: a read may wait for a copy there. */
  onNodeLost(attempt: Attempt): void;
}

export class Attempt extends InFlightRequest implements WireSink {
  readonly node: Node;
  readonly startedMs: number;
  readonly hedge: boolean;
  /** What was to be sent, before a preference was added for this node. */
  readonly request: WireRequest;
  sent = false;
  readonly #core: Core;
  readonly #owner: AttemptOwner;
  #exchange: Exchange | null = null;
  #ended = false;

  constructor(core: Core, owner: AttemptOwner, node: Node, request: WireRequest, nowMs: number, hedge: boolean) {
    super();
    this.#core = core;
    this.#owner = owner;
    this.node = node;
    this.request = request;
    this.startedMs = nowMs;
    this.hedge = hedge;
  }

  /** Sends `request`, which is this attempt's own, perhaps with a preference. */
  start(request: WireRequest): void {
    this.node.inFlight.add(this);
    this.#core.nodes.watch(this.startedMs);
    this.#core.counters.requests++;
    this.#exchange = this.node.wire.send(request, this);
  }

  /** Stops listening and ends the exchange. */
  cancel(): void {
    if (this.#ended) return;
    this.#end();
    this.#exchange?.cancel();
  }

  onSent(): void {
    this.sent = true;
  }

  onAnswer(answer: WireAnswer): void {
    if (this.#ended) return;
    this.#end();
    const now = this.#core.time.now();
    this.node.answered(now, now - this.startedMs);
    this.#owner.onAnswer(this, answer, now);
  }

  onFailure(error: Error): void {
    if (this.#ended) return;
    this.#end();
    if (!(error instanceof WireFault)) this.#core.nodes.suspect(this.node, error.message);
    this.#owner.onFailure(this, error);
  }

  override onEvicted(): void {
    if (!this.#ended) this.#owner.onEvicted(this);
  }

  override onNodeLost(): void {
    if (!this.#ended) this.#owner.onNodeLost(this);
  }

  #end(): void {
    this.#ended = true;
    this.node.inFlight.remove(this);
  }
}
