// Token buckets, one for each key with a rate. They live in one process and forget everything with it.

export interface Rate {
  readonly requestsPerSecond: number;
  /** Requests that may come at once after a pause. */
  readonly burst: number;
}

interface Bucket extends Rate {
  tokens: number;
  atMs: number;
}

export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #share: number;

  /** `processes` share a machine's rate: each has an equal part, and at least one request of the burst. */
  constructor(processes: number) {
    this.#share = 1 / processes;
  }

  /** Takes one request; 0 when it may go on, else the seconds until the next one may. */
  take(id: string, rate: Rate, nowMs: number): number {
    const requestsPerSecond = rate.requestsPerSecond * this.#share;
    const burst = Math.max(1, rate.burst * this.#share);
    let bucket = this.#buckets.get(id);
    if (bucket?.requestsPerSecond !== requestsPerSecond || bucket.burst !== burst) {
      bucket = { requestsPerSecond, burst, tokens: burst, atMs: nowMs };
      this.#buckets.set(id, bucket);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * requestsPerSecond);
    bucket.atMs = nowMs;
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 0;
    }
    return (1 - bucket.tokens) / requestsPerSecond;
  }
}
