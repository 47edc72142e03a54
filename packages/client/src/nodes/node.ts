// One node as this client sees it: state, speed, and what is in flight there. It decides nothing; the node set does.
import type { Breaker } from '../policy/breaker.ts';
import { InFlight } from './in-flight.ts';
import type { Wire } from './wire.ts';

export type NodeState =
  /** Takes requests. */
  | 'up'
  /** A connection broke or nothing is answered: avoided for the moment that a probe takes. */
  | 'suspect'
  /** Answers, but sees no master: used only when no node is up. */
  | 'isolated'
  /** Gets nothing but probes. */
  | 'down';

/** A node that came back is cold: it gets one request at a time until it has answered so many. */
const coldAnswers = 8;

export class Node {
  readonly url: string;
  readonly wire: Wire;
  readonly breaker: Breaker;
  readonly inFlight = new InFlight();
  state: NodeState = 'up';
  /** The engine's own id of this node, when known: lets reads be steered away from copies on sick nodes. */
  engineId: string | undefined = undefined;
  /** Smoothed latency; new nodes start optimistic and learn from their first answers. */
  ewmaMs = 1;
  lastAnswerMs: number;
  /** When the last suspicion was cleared by a probe. */
  clearedMs = -Infinity;
  /** Suspicions cleared since the last answer: each makes the next one wait longer. */
  cleared = 0;
  /** Failed probes since it was last up. */
  failedProbes = 0;
  #coldAnswersLeft = 0;

  constructor(url: string, wire: Wire, breaker: Breaker, nowMs: number) {
    this.url = url;
    this.wire = wire;
    this.breaker = breaker;
    this.lastAnswerMs = nowMs;
  }

  /** Expected cost of one more request: smoothed latency times the queue it would join. */
  get cost(): number {
    return this.ewmaMs * (this.inFlight.size + 1);
  }

  /** It is cold and busy with a request: the next one is better off elsewhere. */
  get crowded(): boolean {
    return this.#coldAnswersLeft > 0 && this.inFlight.size > 0;
  }

  /** It was down and may have been started anew: its first answers can take seconds. */
  cooled(): void {
    this.#coldAnswersLeft = coldAnswers;
  }

  /** Learns from an answer, whatever its status. */
  answered(nowMs: number, latencyMs: number): void {
    if (this.#coldAnswersLeft > 0) this.#coldAnswersLeft--;
    this.lastAnswerMs = nowMs;
    this.cleared = 0;
    // Slowness is learnt faster than recovery: a node that turns slow must lose traffic within a few answers.
    this.ewmaMs += (latencyMs > this.ewmaMs ? 0.3 : 0.1) * (latencyMs - this.ewmaMs);
  }

  /** True when requests wait here and nothing at all was answered for `stallMs`, or longer after it was cleared by a probe. */
  stalled(nowMs: number, stallMs: number): boolean {
    const patienceMs = stallMs * 2 ** Math.min(this.cleared, 3);
    const { oldest } = this.inFlight;
    if (!oldest || nowMs - Math.max(this.lastAnswerMs, this.clearedMs) < patienceMs) return false;
    return nowMs - oldest.startedMs >= patienceMs;
  }
}
