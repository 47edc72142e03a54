// Retry budget: a token bucket that prevents retries from amplifying an outage. Never below zero, never above its capacity.

export interface BudgetOptions {
  /** Tokens earned by each first attempt. 0.2 lets retries add at most 20 % to steady traffic. */
  readonly ratio: number;
  /** Tokens earned by time alone, so that a quiet client can still retry. */
  readonly perSecond: number;
  /** Most tokens kept: the largest burst of retries, e.g. all requests in flight at a node that fails. */
  readonly capacity: number;
}

export const retryBudgetDefaults: BudgetOptions = { ratio: 0.2, perSecond: 10, capacity: 200 };
/** Hedges may add 5 % to the reads; a small burst covers the moment when a node becomes slow. */
export const hedgeBudgetDefaults: BudgetOptions = { ratio: 0.05, perSecond: 0, capacity: 20 };

export class Budget {
  readonly #ratio: number;
  readonly #perMs: number;
  readonly #capacity: number;
  #tokens: number;
  #earnedAt: number;

  constructor(options: BudgetOptions, nowMs: number) {
    this.#ratio = options.ratio;
    this.#perMs = options.perSecond / 1000;
    this.#capacity = options.capacity;
    this.#tokens = options.capacity;
    this.#earnedAt = nowMs;
  }

  /** Credits one first attempt. */
  deposit(): void {
    const tokens = this.#tokens + this.#ratio;
    this.#tokens = tokens > this.#capacity ? this.#capacity : tokens;
  }

  /** Takes one token for a retry or a hedge; false, and nothing taken, when there is none. */
  withdraw(nowMs: number): boolean {
    this.#earn(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Gives back a token that was taken and not used. */
  refund(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + 1);
  }

  /** Tokens at `nowMs`. */
  tokens(nowMs: number): number {
    this.#earn(nowMs);
    return this.#tokens;
  }

  #earn(nowMs: number): void {
    const elapsedMs = nowMs - this.#earnedAt;
    if (elapsedMs <= 0) return;
    this.#earnedAt = nowMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + elapsedMs * this.#perMs);
  }
}
