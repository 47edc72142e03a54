// What a call does after an attempt that failed while no other is under way: another attempt, now or after a wait, paid for from
// the retry budget, or its end. Made at the first failure, so that a call without one does not pay for it.
import type { Reading } from '../policy/classify.ts';
import type { Attempt } from './attempt.ts';
import type { AttemptsOwner } from './attempts-owner.ts';
import type { CallSpec, Core } from './core.ts';
import { breakingEnding, Failures, unavailableEnding } from './endings.ts';
import { retryWaitMs } from './timing.ts';

/** Whoever sends the attempts. */
export interface RetrySender {
  /** Attempts made. */
  readonly made: number;
  sendAgain(nowMs: number): void;
}

export class Retries {
  readonly failures = new Failures();
  readonly #core: Core;
  readonly #spec: CallSpec;
  readonly #owner: AttemptsOwner;
  readonly #sender: RetrySender;
  #count = 0;
  /** The next attempt takes a token. */
  #mustPay = false;
  /** A token was taken when the last attempt was given up: the next one has it. */
  #isPaid = false;

  constructor(core: Core, spec: CallSpec, owner: AttemptsOwner, sender: RetrySender) {
    this.#core = core;
    this.#spec = spec;
    this.#owner = owner;
    this.#sender = sender;
  }

  /** Takes the token of the next attempt in advance; false when there is none. */
  payInAdvance(nowMs: number): boolean {
    if (!this.#core.retryBudget.withdraw(nowMs)) return false;
    this.#isPaid = true;
    return true;
  }

  /** `attempt` failed, and none is under way. `retryAfterMs` is what the engine asked for. */
  afterFailure(attempt: Attempt, reading: Reading, retryAfterMs: number | undefined): void {
    if (this.failures.suspiciousNodes > 0 && reading.verdict === 'retry')
      return this.#owner.fail(breakingEnding(this.#spec.operation, attempt.request, this.failures));
    const core = this.#core;
    const now = core.time.now();
    if (reading.verdict === 'refused' || this.#spec.mayRepeat?.() === false)
      return this.#failUnavailable('it must not be repeated');
    if (this.#sender.made >= core.options.maxAttempts) return this.#failUnavailable('all attempts are used');
    // Nothing was sent or the node is gone: the other nodes have no fault, so there is nothing to wait for.
    const isFaultOfNode = !this.failures.lastAnswer || !reading.blamesNode;
    const elsewhere = isFaultOfNode && attempt.node.state !== 'up' && core.nodes.usableCount > 0;
    const waitMs = retryWaitMs(core, elsewhere, this.#count, retryAfterMs);
    this.#count++;
    this.#mustPay = attempt.sent && !this.#isPaid;
    this.#isPaid = false;
    if (now + waitMs >= this.#spec.deadlineAt)
      return this.#failUnavailable('the next attempt would start after the deadline', retryAfterMs);
    if (waitMs === 0) this.retry(now);
    else this.#owner.setAlarm('retry', now + waitMs);
  }

  /** Makes the next attempt when its token is paid, and waits for a token otherwise. */
  retry(now: number): void {
    const core = this.#core;
    if (this.#mustPay && !core.retryBudget.withdraw(now)) {
      core.counters.budgetWaits++;
      return this.#owner.setAlarm('retry', now + 20 + core.time.random() * 80);
    }
    this.#mustPay = false;
    core.counters.retries++;
    if (core.events.wants('retry')) {
      const { node = '', reason = '' } = this.failures.last ?? {};
      core.events.emit('retry', { operation: this.#spec.operation, attempt: this.#sender.made + 1, node, reason });
    }
    this.#sender.sendAgain(now);
  }

  #failUnavailable(why: string, retryAfterMs?: number): void {
    const status = this.failures.lastAnswer?.status;
    if (status === undefined || status >= 500) this.#core.breaker.failure(this.#core.time.now());
    this.#owner.fail(unavailableEnding(this.#spec.operation, this.#sender.made, why, this.failures, retryAfterMs));
  }
}
