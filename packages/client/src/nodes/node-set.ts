// The nodes of one cluster: which one takes the next request, which are avoided, when they are used again. One failure marks a
// node down once, however many requests were in flight; the last usable node is never ejected.
import type { Time } from '../time/time.ts';
import { Alarm, type Wheel } from '../time/wheel.ts';
import { Breaker, type BreakerOptions } from '../policy/breaker.ts';
import type { NodeAddress } from './address.ts';
import { Node, type NodeState } from './node.ts';
import { Prober, type ProbeResult } from './prober.ts';
import type { WireFactory } from './wire.ts';

export interface NodeSetOptions {
  /** A node with requests in flight that answers none for this long is probed. */
  readonly stallMs: number;
  readonly probeTimeoutMs: number;
  /** Between probes of a node that is down or isolated. A node that comes back is used within this and one probe. */
  readonly probeEveryMs: number;
  readonly breaker: BreakerOptions;
}

export const nodeSetDefaults: NodeSetOptions = {
  stallMs: 300,
  probeTimeoutMs: 500,
  probeEveryMs: 400,
  breaker: { failureRatio: 0.5, minimum: 10, windowMs: 5000, openMs: 1000, openCapMs: 10_000 },
};

export interface NodeSetListener {
  onNodeChange(node: Node, from: NodeState, reason: string): void;
  /** The set was replaced by another one, of which `usable` nodes may take requests now. */
  onReplaced(usable: number): void;
}

const watchEveryMs = 50;

class Watch extends Alarm {
  readonly #checkNodes: () => void;
  constructor(look: () => void) {
    super();
    this.#checkNodes = look;
  }
  override onAlarm(): void {
    this.#checkNodes();
  }
}

export class NodeSet {
  readonly #time: Time;
  readonly #wheel: Wheel;
  readonly #wires: WireFactory;
  readonly #options: NodeSetOptions;
  readonly #listener: NodeSetListener;
  readonly #probers = new Map<Node, Prober>();
  readonly #watch: Watch;
  /** Removed from the set, with requests still in flight. */
  readonly #retiring = new Set<Node>();
  #all: Node[] = [];
  #usable: Node[] = [];
  #readPreference = '';
  #allUp = true;
  #identified = false;
  #closed = false;

  /** @param wheel a wheel that does not keep the process alive. */
  constructor(time: Time, wheel: Wheel, wires: WireFactory, options: NodeSetOptions, listener: NodeSetListener) {
    this.#time = time;
    this.#wheel = wheel;
    this.#wires = wires;
    this.#options = options;
    this.#listener = listener;
    this.#watch = new Watch(() => this.#checkNodes());
  }

  get all(): readonly Node[] {
    return this.#all;
  }

  /** How many nodes are in the best state there is, and may take a request now. */
  get usableCount(): number {
    return this.#usable.length;
  }

  /** Whether every node takes requests. */
  get allUp(): boolean {
    return this.#allUp;
  }

  /** A read `preference` that avoids copies on unhealthy nodes; empty while every node is up, none answers, or ids are not known. */
  get readPreference(): string {
    return this.#readPreference;
  }

  /** Makes the set exactly `addresses`: keeps the nodes that stay, closes those that are removed once their requests in flight have ended. */
  async replace(addresses: readonly NodeAddress[]): Promise<void> {
    if (this.#closed) return;
    const wanted = new Map(addresses.map((address) => [address.url, address]));
    const gone = this.#all.filter((node) => !wanted.has(node.url));
    const have = new Set(this.#all.map((node) => node.url));
    const now = this.#time.now();
    const fresh = [...wanted.values()]
      .filter(({ url }) => !have.has(url))
      .map(({ url, target }) => {
        const node = new Node(url, this.#wires(target), new Breaker(this.#options.breaker, now), now);
        const report = (of: Node, result: ProbeResult): void => this.#onProbe(of, result);
        this.#probers.set(node, new Prober(node, this.#time, this.#wheel, this.#options.probeTimeoutMs, report));
        return node;
      });
    this.#all = [...this.#all.filter((node) => wanted.has(node.url)), ...fresh];
    this.#refresh();
    this.#listener.onReplaced(this.usableCount);
    // A new node is asked for its id, which the read preference needs; before the first request no node is asked.
    if (this.#identified) for (const node of fresh) this.#probers.get(node)?.identify();
    await Promise.all(gone.map((node) => this.#retire(node)));
  }

  /**
   * The node for the next request: of two random usable ones the cheaper one that is not cold and busy, `avoid` only when there is no
   * other; undefined when all are down. The node with the engine's id `prefer` comes first while it is usable.
   */
  pick(avoid?: Node, prefer?: string): Node | undefined {
    const usable = this.#usable;
    const count = usable.length;
    const preferred = prefer === undefined ? undefined : usable.find(({ engineId }) => engineId === prefer);
    if (preferred && preferred !== avoid) return preferred;
    if (count <= 1) return usable[0];
    // One random number chooses the pair, because each costs time.
    const pair = Math.floor(this.#time.random() * count * (count - 1));
    const first = Math.floor(pair / (count - 1));
    let second = pair % (count - 1);
    if (second >= first) second++;
    const a = usable[first];
    const b = usable[second];
    if (!a || a === avoid) return b;
    if (!b || b === avoid) return a;
    if (a.isColdAndBusy !== b.isColdAndBusy) return a.isColdAndBusy ? b : a;
    return a.cost <= b.cost ? a : b;
  }

  /** Starts the watch for stalls; called with each exchange, does nothing when it is already running. */
  watch(nowMs: number): void {
    if (this.#watch.dueTick >= 0) return;
    this.#wheel.set(this.#watch, nowMs + watchEveryMs);
    if (this.#identified) return;
    this.#identified = true;
    for (const prober of this.#probers.values()) prober.identify();
  }

  /** An exchange with `node` broke. The node is avoided until a probe has ended. */
  suspect(node: Node, reason: string): void {
    const prober = this.#probers.get(node);
    // A node that was removed from the set is not probed.
    if (!prober) return;
    if (node.state === 'up') this.#change(node, 'suspect', reason);
    prober.now();
  }

  /** Counts an answer as a success (`good`) or a failure of its node. */
  judge(node: Node, good: boolean, nowMs: number): void {
    if (good) {
      node.breaker.success(nowMs);
      return;
    }
    node.breaker.failure(nowMs);
    if (node.breaker.state !== 'open' || node.state !== 'up') return;
    // When many nodes fail the fault is the cluster's, and ejecting nodes only overloads the rest.
    const failing = this.#all.filter((one) => one.breaker.state === 'open').length;
    if (failing <= Math.max(1, Math.floor((this.#all.length - 1) / 2)) && this.#othersUp(node)) {
      this.#change(node, 'down', 'too many of its answers were failures');
      this.#probers.get(node)?.later(this.#options.probeEveryMs);
    }
  }

  /** Ends all probes and connections. */
  async close(): Promise<void> {
    this.#wheel.clear(this.#watch);
    this.#closed = true;
    const all = [...this.#all, ...this.#retiring];
    this.#all = [];
    this.#refresh();
    await Promise.all(
      all.map((node) => {
        this.#stopProbes(node);
        for (const one of node.inFlight.snapshot()) one.onEvicted();
        return node.wire.close();
      }),
    );
  }

  /** Lets the requests in flight at a removed node end; a node that is down is not waited for. */
  async #retire(node: Node): Promise<void> {
    this.#stopProbes(node);
    if (node.state === 'down') for (const one of node.inFlight.snapshot()) one.onEvicted();
    this.#retiring.add(node);
    await node.wire.close(node.state !== 'down');
    this.#retiring.delete(node);
  }

  #stopProbes(node: Node): void {
    this.#probers.get(node)?.stop();
    this.#probers.delete(node);
  }

  #othersUp(node: Node): boolean {
    return this.#all.some((one) => one !== node && one.state === 'up');
  }

  #checkNodes(): void {
    const now = this.#time.now();
    let busy = false;
    for (const node of this.#all) {
      if (node.inFlight.size > 0) busy = true;
      if (node.state === 'up' && node.stalled(now, this.#options.stallMs)) {
        this.suspect(node, `no answer for ${Math.round(now - node.lastAnswerMs)} ms`);
      }
      // The latency estimate of a node without traffic decays, so that it is tried again.
      if (now - node.lastAnswerMs > 1000) node.ewmaMs *= 0.995;
    }
    if (busy) this.#wheel.set(this.#watch, now + watchEveryMs);
  }

  #onProbe(node: Node, result: ProbeResult): void {
    const now = this.#time.now();
    if (result.kind === 'identified') return this.#refresh();
    if (result.kind === 'alive') {
      node.cleared++;
      node.failedProbes = 0;
      node.clearedMs = now;
      if (!result.seesMaster) this.#change(node, 'isolated', 'it sees no master');
      else if (node.breaker.state === 'open' && node.breaker.retryAfterMs(now) > 0 && this.#othersUp(node)) {
        this.#change(node, 'down', 'its breaker is open');
      } else {
        node.breaker.allow(now);
        this.#change(node, 'up', 'it answers probes');
      }
    } else {
      node.failedProbes++;
      node.trouble = result.reason;
      this.#change(node, 'down', result.reason);
    }
    if (node.state !== 'up') this.#probers.get(node)?.later(this.#options.probeEveryMs);
  }

  #change(node: Node, to: NodeState, reason: string): void {
    const from = node.state;
    if (from === to) return;
    node.state = to;
    node.trouble = to === 'up' ? undefined : reason;
    if (to === 'down') node.markCold();
    this.#refresh();
    this.#listener.onNodeChange(node, from, reason);
    // Requests in flight at a node that is down are notified once, together, and are sent to other nodes.
    if (to === 'down') {
      for (const one of node.inFlight.snapshot()) one.onEvicted();
      // Reads that other nodes coordinate may wait for a copy at the lost one.
      for (const other of this.#all) if (other !== node) for (const one of other.inFlight.snapshot()) one.onNodeLost();
    }
    if (to === 'up') this.#probers.get(node)?.identify();
  }

  /** Usable: every node in the best state present. With all of them down none is, and calls wait or fail fast. */
  #refresh(): void {
    const states: readonly NodeState[] = ['up', 'isolated', 'suspect'];
    const best = states.find((state) => this.#all.some((node) => node.state === state));
    this.#usable = this.#all.filter((node) => node.state === best);
    this.#allUp = this.#all.every((node) => node.state === 'up');
    // Copies at isolated nodes can be read: while a new master is elected all that is left is isolated.
    const answering = best === 'suspect' ? [] : this.#usable;
    const known = answering.flatMap((node) => (node.engineId === undefined ? [] : [node.engineId]));
    this.#readPreference =
      this.#allUp || known.length < answering.length || known.length === 0 ? '' : `_prefer_nodes:${known.join(',')}`;
  }
}
