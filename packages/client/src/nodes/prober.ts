// Background probes: one at a time per node, on their own connection, never a user's request. A probe asks whether the
// node answers and whether it sees a master.
import type { Time } from '../time/time.ts';
import { Alarm, type Wheel } from '../time/wheel.ts';
import type { Node } from './node.ts';
import type { Exchange, WireAnswer, WireRequest, WireSink } from './wire.ts';

export type ProbeResult =
  | { readonly kind: 'alive'; readonly seesMaster: boolean; readonly latencyMs: number }
  | { readonly kind: 'dead'; readonly reason: string };

/**
 * Answered by the node alone (`local`), without touching a shard. `discovered_master` is Elasticsearch's word (7.16 on),
 * `discovered_cluster_manager` OpenSearch's; a node of older versions says neither and counts as seeing one.
 */
const probeRequest: WireRequest = {
  method: 'GET',
  path: '/_cluster/health?local=true&filter_path=discovered_master,discovered_cluster_manager,status',
  body: null,
  contentType: 'application/json',
};

export class Prober extends Alarm implements WireSink {
  readonly #node: Node;
  readonly #time: Time;
  readonly #wheel: Wheel;
  readonly #timeoutMs: number;
  readonly #report: (node: Node, result: ProbeResult) => void;
  #exchange: Exchange | null = null;
  #startedMs = 0;
  #stopped = false;

  constructor(
    node: Node,
    time: Time,
    wheel: Wheel,
    timeoutMs: number,
    report: (node: Node, result: ProbeResult) => void,
  ) {
    super();
    this.#node = node;
    this.#time = time;
    this.#wheel = wheel;
    this.#timeoutMs = timeoutMs;
    this.#report = report;
  }

  get busy(): boolean {
    return this.#exchange !== null;
  }

  /** Probes now, unless a probe is under way. */
  now(): void {
    if (this.#stopped || this.#exchange !== null) return;
    this.#startedMs = this.#time.now();
    this.#wheel.set(this, this.#startedMs + this.#timeoutMs);
    this.#exchange = this.#node.wire.probe(probeRequest, this);
  }

  /** Probes after `ms`; an earlier setting is replaced. */
  later(ms: number): void {
    if (!this.#stopped && this.#exchange === null) this.#wheel.set(this, this.#time.now() + ms);
  }

  stop(): void {
    this.#stopped = true;
    this.#wheel.clear(this);
    this.#exchange?.cancel();
    this.#exchange = null;
  }

  override ring(): void {
    if (this.#exchange === null) {
      this.now();
      return;
    }
    this.#exchange.cancel();
    this.#end({ kind: 'dead', reason: `no answer to a probe within ${this.#timeoutMs} ms` });
  }

  onSent(): void {
    // A probe may always be repeated, so it does not matter how far it got.
  }

  onAnswer(answer: WireAnswer): void {
    const latencyMs = this.#time.now() - this.#startedMs;
    // A 5xx is no life sign. 401 and 403 are: the node answers, it only will not say more to this user.
    if (answer.status >= 500) this.#end({ kind: 'dead', reason: `status ${answer.status} to a probe` });
    else this.#end({ kind: 'alive', seesMaster: seesMaster(answer), latencyMs });
  }

  onFailure(error: Error): void {
    this.#end({ kind: 'dead', reason: error.message });
  }

  #end(result: ProbeResult): void {
    this.#exchange = null;
    this.#wheel.clear(this);
    if (!this.#stopped) this.#report(this.#node, result);
  }
}

function seesMaster(answer: WireAnswer): boolean {
  const text = answer.body.toString('latin1');
  return !/"discovered_(master|cluster_manager)"\s*:\s*false/.test(text);
}
