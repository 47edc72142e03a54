// Background probes: one at a time per node, on their own connection, never a user's request. A probe asks whether the
// node answers and whether it sees a master.
import { warningCodes } from '../policy/engine-words.ts';
import type { Time } from '../time/time.ts';
import { Alarm, type Wheel } from '../time/wheel.ts';
import { Identity } from './identity.ts';
import type { Node } from './node.ts';
import type { Exchange, WireAnswer, WireRequest, WireSink } from './wire.ts';

export type ProbeResult =
  | { readonly kind: 'alive'; readonly seesMaster: boolean; readonly latencyMs: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'identified' };

/** Answered by the node alone, without access to a shard: `master_node` is null while it sees none. */
const probeRequest: WireRequest = {
  method: 'GET',
  path: '/_cluster/state/master_node?filter_path=master_node',
  body: null,
  contentType: 'application/json',
};

/**
 * The same where the question would be passed on to the master without `local`: OpenSearch, and Elasticsearch before 9.2. Later ones
 * always answer alone, and write a line to their log whenever `local` is given.
 * https://www.elastic.co/docs/release-notes/elasticsearch#elasticsearch-9.2.0-release-notes
 */
const localProbeRequest: WireRequest = { ...probeRequest, path: `${probeRequest.path}&local=true` };

/** An alarm later than this is a sign of a blocked process, not of the node. */
const lateMs = 100;

export class Prober extends Alarm implements WireSink {
  readonly #node: Node;
  readonly #time: Time;
  readonly #wheel: Wheel;
  readonly #timeoutMs: number;
  readonly #report: (node: Node, result: ProbeResult) => void;
  readonly #identity: Identity;
  #exchange: Exchange | null = null;
  #startedMs = 0;
  #dueMs = 0;
  #stopped = false;
  #request = localProbeRequest;

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
    this.#identity = new Identity(node, () => report(node, { kind: 'identified' }));
  }

  /** Learns the node's own id, once; it is asked again after the node was down. */
  identify(): void {
    if (!this.#stopped) this.#identity.ask();
  }

  get busy(): boolean {
    return this.#exchange !== null;
  }

  /** Probes now, unless a probe is under way. */
  now(): void {
    if (this.#stopped || this.#exchange !== null) return;
    this.#startedMs = this.#time.now();
    // A node that is slow, because its machine is busy, has more time.
    const timeoutMs = Math.min(4 * this.#timeoutMs, Math.max(this.#timeoutMs, 4 * this.#node.ewmaMs));
    this.#setTimeout(this.#startedMs + timeoutMs);
    this.#exchange = this.#node.wire.probe(this.#request, this);
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
    this.#identity.stop();
  }

  override onAlarm(): void {
    if (this.#exchange === null) {
      this.now();
      return;
    }
    const now = this.#time.now();
    // When the alarm itself is late this process was blocked, and answers may be unread: wait again before deciding.
    if (now - this.#dueMs > lateMs) return this.#setTimeout(now + this.#timeoutMs / 2);
    this.#exchange.cancel();
    // A user's request answered meanwhile is as good as a probe: the node is slow, not down.
    if (this.#node.lastAnswerMs > this.#startedMs) {
      return this.#end({ kind: 'alive', seesMaster: true, latencyMs: now - this.#startedMs });
    }
    this.#end({ kind: 'failed', reason: `no answer to a probe within ${Math.round(now - this.#startedMs)} ms` });
  }

  onSent(): void {
    // A probe may always be repeated, so it does not matter how far it got.
  }

  onAnswer(answer: WireAnswer): void {
    const latencyMs = this.#time.now() - this.#startedMs;
    if (warningCodes(answer.headers['warning']).includes('local-deprecated')) this.#request = probeRequest;
    // A 5xx is no proof of liveness. 401 and 403 are: the node answers, and refuses this user.
    if (answer.status >= 500) this.#end({ kind: 'failed', reason: `status ${answer.status} to a probe` });
    else this.#end({ kind: 'alive', seesMaster: seesMaster(answer), latencyMs });
  }

  onFailure(error: Error): void {
    this.#end({ kind: 'failed', reason: error.message });
  }

  #setTimeout(atMs: number): void {
    this.#dueMs = atMs;
    this.#wheel.set(this, atMs);
  }

  #end(result: ProbeResult): void {
    this.#exchange = null;
    this.#wheel.clear(this);
    if (!this.#stopped) this.#report(this.#node, result);
  }
}

function seesMaster(answer: WireAnswer): boolean {
  return !/"master_node"\s*:\s*null/.test(answer.body.toString('latin1'));
}
