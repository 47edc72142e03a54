// Adaptive concurrency limit: grows while latency stays near its long-run level, shrinks when it rises or the engine
// rejects (the gradient of Netflix's concurrency-limits, with AIMD on drops).

export interface LimiterOptions {
  readonly initial: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Latency may rise to this multiple of its long-run level before the limit shrinks. */
  readonly tolerance: number;
}

export const limiterDefaults: LimiterOptions = { initial: 128, minimum: 16, maximum: 1024, tolerance: 2 };

export class Limiter {
  readonly #options: LimiterOptions;
  #limit: number;
  #shortMs = 0;
  #longMs = 0;
  #inFlight = 0;

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#limit = options.initial;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Takes a place if there is one. */
  tryEnter(): boolean {
    if (this.#inFlight >= this.#limit) return false;
    this.#inFlight++;
    return true;
  }

  /** Gives the place back after an answer that took `latencyMs`. */
  leave(latencyMs: number): void {
    this.#inFlight--;
    if (this.#longMs === 0) {
      this.#shortMs = latencyMs;
      this.#longMs = latencyMs;
      return;
    }
    this.#shortMs += 0.1 * (latencyMs - this.#shortMs);
    this.#longMs += 0.002 * (latencyMs - this.#longMs);
    // After a slow period the long average must not stay high and hide the next one.
    if (this.#longMs > 2 * this.#shortMs) this.#longMs *= 0.95;
    // A limit that is not reached says nothing about latency under load.
    if (this.#inFlight * 2 < this.#limit) return;
    const gradient = Math.max(0.5, Math.min(1, (this.#options.tolerance * this.#longMs) / this.#shortMs));
    const target = this.#limit * gradient + Math.sqrt(this.#limit);
    this.#set(this.#limit + 0.05 * (target - this.#limit));
  }

  /** Gives the place back after the engine said that it is overloaded. */
  leaveDropped(): void {
    this.#inFlight--;
    this.#set(this.#limit * 0.9);
  }

  /** Gives the place back without a sample (cancelled, broken connection). */
  leaveUnknown(): void {
    this.#inFlight--;
  }

  #set(limit: number): void {
    this.#limit = Math.max(this.#options.minimum, Math.min(this.#options.maximum, limit));
  }
}
