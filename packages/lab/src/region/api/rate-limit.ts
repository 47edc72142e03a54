// Linode's rate limits: so many requests in a window per class, reported in every answer's headers.
import type { RateClass } from './route.ts';

export interface Limit {
  readonly requests: number;
  readonly windowMs: number;
}

export type Limits = Readonly<Record<RateClass, Limit>>;

/** As seen on the live API: 800 to 1,840 a minute, about 10 to 20 creates of an instance in 30 s, 15 of a VPC. */
export const linodeLimits: Limits = {
  general: { requests: 1600, windowMs: 60_000 },
  'instance-create': { requests: 20, windowMs: 30_000 },
  'vpc-create': { requests: 15, windowMs: 30_000 },
};

export interface Allowance {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds since the epoch. */
  readonly resetS: number;
  readonly retryAfterS: number;
}

export class RateLimiter {
  readonly #limits: Limits;
  readonly #windows = new Map<string, { start: number; used: number }>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Counts one request of this token and class. */
  take(token: string, rate: RateClass, nowMs: number): Allowance {
    const { requests, windowMs } = this.#limits[rate];
    const key = `${rate} ${token}`;
    let window = this.#windows.get(key);
    if (window === undefined || nowMs >= window.start + windowMs) {
      window = { start: nowMs, used: 0 };
      this.#windows.set(key, window);
    }
    const allowed = window.used < requests;
    if (allowed) window.used += 1;
    const endMs = window.start + windowMs;
    return {
      allowed,
      limit: requests,
      remaining: requests - window.used,
      resetS: Math.ceil(endMs / 1000),
      retryAfterS: Math.max(1, Math.ceil((endMs - nowMs) / 1000)),
    };
  }
}
