// One node as this client sees it: state, latency, and what is in flight there. It decides nothing; the node set does.
import type { Breaker } from '../policy/breaker.ts';
import { InFlight } from './in-flight.ts';
import type { Wire } from './wire.ts';

export type NodeState =
  /** Takes requests. */
  | 'up'
  /** A connection broke or nothing is answered: avoided until a probe has ended. */
  | 'suspect'
  /** Answers, but sees no master: used only when no node is up. */
  | 'isolated'
  /** Gets only probes. */
  | 'down';

/** Slow start: a node that was down is cold, and gets one request at a time until it has answered so many. */
const coldAnswers = 8;

export class Node {
  readonly url: string;
  readonly wire: Wire;
  readonly breaker: Breaker;
  readonly inFlight = new InFlight();
  state: NodeState = 'up';
  /** The engine's own id of this node, when known: the read preference that avoids copies on unhealthy nodes needs it. */
  engineId: string | undefined = undefined;
  /** Smoothed latency; new nodes start with a low estimate, corrected by their first answers. */
  ewmaMs = 1;
  lastAnswerMs: number;
  /** When the last suspicion was cleared by a probe. */
  clearedMs = -Infinity;
  /** Suspicions cleared since the last answer: each makes the next one wait longer. */
  cleared = 0;
  /** Why it takes no requests, as it was last seen; undefined while it does. */
  trouble: string | undefined = undefined;
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

  /** It is cold and busy with a request: the next one should go to another node. */
  get isColdAndBusy(): boolean {
    return this.#coldAnswersLeft > 0 && this.inFlight.size > 0;
  }

  /** It was down and may have been restarted: its first answers can take seconds. */
  markCold(): void {
    this.#coldAnswersLeft = coldAnswers;
  }

  /** Records an answer, whatever its status. */
  answered(nowMs: number, latencyMs: number): void {
    if (this.#coldAnswersLeft > 0) this.#coldAnswersLeft--;
    this.lastAnswerMs = nowMs;
    this.cleared = 0;
    // The estimate rises faster than it falls: a node that becomes slow must lose traffic within a few answers.
    this.ewmaMs += (latencyMs > this.ewmaMs ? 0.3 : 0.1) * (latencyMs - this.ewmaMs);
  }

  /** True when requests wait here and nothing at all was answered for `stallMs`, or longer after it was cleared by a probe. */
  stalled(nowMs: number, stallMs: number): boolean {
    const limitMs = stallMs * 2 ** Math.min(this.cleared, 3);
    const { oldest } = this.inFlight;
    if (!oldest || nowMs - Math.max(this.lastAnswerMs, this.clearedMs) < limitMs) return false;
    return nowMs - oldest.startedMs >= limitMs;
  }
}
