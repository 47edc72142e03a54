// Circuit breaker: closed, open, half-open, over a sliding window of outcomes. It decides; it never calls or waits.

export interface BreakerOptions {
  /** Opens when at least this share of the window failed. */
  readonly failureRatio: number;
  /** ... and the window holds at least this many outcomes. */
  readonly minimum: number;
  /** Length of the window. */
  readonly windowMs: number;
  /** First time open; doubles with each failed trial, up to `openCapMs`. */
  readonly openMs: number;
  readonly openCapMs: number;
}

export const breakerDefaults: BreakerOptions = {
  failureRatio: 0.5,
  minimum: 20,
  windowMs: 10_000,
  openMs: 1000,
  openCapMs: 10_000,
};

export type BreakerState = 'closed' | 'open' | 'half-open';

const bucketCount = 10;

export class Breaker {
  readonly #options: BreakerOptions;
  readonly #bucketMs: number;
  readonly #onChange: (state: BreakerState) => void;
  readonly #good = new Float64Array(bucketCount);
  readonly #bad = new Float64Array(bucketCount);
  #bucket: number;
  #state: BreakerState = 'closed';
  #until = 0;
  #openings = 0;
  #trialOut = false;

  constructor(options: BreakerOptions, nowMs: number, onChange: (state: BreakerState) => void = () => undefined) {
    this.#options = options;
    this.#bucketMs = options.windowMs / bucketCount;
    this.#bucket = Math.floor(nowMs / this.#bucketMs);
    this.#onChange = onChange;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** May a call go ahead? In half-open one trial at a time may. */
  allow(nowMs: number): boolean {
    if (this.#state === 'closed') return true;
    if (this.#state === 'open') {
      if (nowMs < this.#until) return false;
      this.#change('half-open');
    }
    if (this.#trialOut) return false;
    this.#trialOut = true;
    return true;
  }

  /** Milliseconds until a call is worth trying; 0 when closed. */
  retryAfterMs(nowMs: number): number {
    return this.#state === 'closed' ? 0 : Math.max(0, this.#until - nowMs);
  }

  success(nowMs: number): void {
    if (this.#state !== 'closed') this.close();
    this.#roll(nowMs);
    const at = this.#bucket % bucketCount;
    this.#good[at] = (this.#good[at] ?? 0) + 1;
  }

  failure(nowMs: number): void {
    if (this.#state === 'half-open') {
      this.open(nowMs);
      return;
    }
    this.#roll(nowMs);
    const at = this.#bucket % bucketCount;
    this.#bad[at] = (this.#bad[at] ?? 0) + 1;
    if (this.#state === 'closed' && this.#tooManyFailures()) this.open(nowMs);
  }

  /** A trial that ended without a result (cancelled): the next call is the trial. */
  abandon(): void {
    this.#trialOut = false;
  }

  /** Opens at once, e.g. because every node is known to be down. */
  open(nowMs: number): void {
    const { openMs, openCapMs } = this.#options;
    this.#until = nowMs + Math.min(openCapMs, openMs * 2 ** Math.min(this.#openings, 20));
    this.#openings++;
    this.#trialOut = false;
    this.#change('open');
  }

  /** Closes and clears the window. */
  close(): void {
    this.#openings = 0;
    this.#trialOut = false;
    this.#good.fill(0);
    this.#bad.fill(0);
    this.#change('closed');
  }

  #change(state: BreakerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#onChange(state);
  }

  #tooManyFailures(): boolean {
    let good = 0;
    let bad = 0;
    for (let i = 0; i < bucketCount; i++) {
      good += this.#good[i] ?? 0;
      bad += this.#bad[i] ?? 0;
    }
    return good + bad >= this.#options.minimum && bad >= (good + bad) * this.#options.failureRatio;
  }

  #roll(nowMs: number): void {
    const bucket = Math.floor(nowMs / this.#bucketMs);
    if (bucket === this.#bucket) return;
    const steps = Math.min(bucketCount, bucket - this.#bucket);
    for (let i = 1; i <= steps; i++) {
      const at = (this.#bucket + i) % bucketCount;
      this.#good[at] = 0;
      this.#bad[at] = 0;
    }
    this.#bucket = bucket;
  }
}
