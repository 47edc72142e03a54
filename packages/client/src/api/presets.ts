// Named sets of options. The article's preset is for comparison, not for use.
import { isClientError } from '../model/errors.ts';
import type { ClientOptions } from './options.ts';
import { systemTime, type Time } from '../time/time.ts';

/**
 * What the article configures in elasticsearch-py: three retries at once, without backoff, on 500, 502, 503, 504 and
 * time-outs, 30 s for each attempt, every node taken in turn; no budget, no breaker, no hedging, no gathering, no fence.
 */
export const articlePreset = {
  maxAttempts: 4,
  retryStatuses: [500, 502, 503, 504],
  backoff: { baseMs: 0, capMs: 0, jitter: false },
  attempt: { minMs: 30_000, maxMs: 30_000 },
  deadlineMs: 120_000,
  retryBudget: { ratio: 1, perSecond: 1e6, capacity: 1e6 },
  hedging: false,
  gather: false,
  fenceWrites: false,
  breaker: { minimum: Infinity, allDownMs: 1e9 },
  nodeHealth: {
    stallMs: 1e9,
    breaker: { failureRatio: 1, minimum: Infinity, windowMs: 10_000, openMs: 1000, openCapMs: 1000 },
  },
} as const satisfies Omit<ClientOptions, 'nodes'>;

/** The article's loop in the application around it: five attempts, waiting 1, 2, 4 and 8 s between them. */
export async function withArticleRetries<R>(work: () => Promise<R>, time: Time = systemTime): Promise<R> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const again = isClientError(error) && (error.code === 'unavailable' || error.code === 'deadline-exceeded');
      if (!again || attempt === 4) throw error;
      await new Promise<void>((resolve) => void time.after(1000 * 2 ** attempt, resolve));
    }
  }
}
