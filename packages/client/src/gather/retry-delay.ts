// Entries between two attempts: full-jitter backoff, then one token of the retry budget for all of them together, because
// together they are one more request.
import type { Core } from '../call/core.ts';
import { backoffMs } from '../policy/backoff.ts';
import { Alarm } from '../time/wheel.ts';
import type { Entry } from './entry.ts';

const budgetPollMs = 50;

export class RetryDelay<E extends Entry<never>> extends Alarm {
  readonly #core: Core;
  readonly #entries: readonly E[];
  readonly #resume: (live: readonly E[]) => void;

  /** @param resume gets the entries that did not end meanwhile, at least one. */
  constructor(core: Core, entries: readonly E[], resume: (live: readonly E[]) => void) {
    super();
    this.#core = core;
    this.#entries = entries;
    this.#resume = resume;
  }

  start(): void {
    let attempts = 1;
    for (const entry of this.#entries) {
      entry.state = 'waiting';
      entry.owner = null;
      attempts = Math.max(attempts, entry.attempts);
    }
    const { time, wheel, options } = this.#core;
    wheel.set(this, time.now() + backoffMs(options.backoff, attempts - 1, () => time.random()));
  }

  override onAlarm(): void {
    const live = this.#entries.filter((entry) => !entry.ended);
    if (live.length === 0 || this.#core.ended) return;
    const { time, wheel, retryBudget, counters } = this.#core;
    const now = time.now();
    if (!retryBudget.withdraw(now)) {
      counters.budgetWaits++;
      wheel.set(this, now + budgetPollMs);
      return;
    }
    counters.retries++;
    this.#resume(live);
  }
}
