// Was this process running? A loop that should run every few milliseconds shows when it did not: frozen, starved of the
// processor, or held up by its own work. It needs no traffic, so a slow schedule hides nothing.

export class PauseWatch {
  #lastMs: number;
  #longestMs = 0;

  /** Pauses count from `startMs` on, which may lie ahead. */
  constructor(startMs: number) {
    this.#lastMs = startMs;
  }

  /** The longest time between two ticks. */
  get longestMs(): number {
    return this.#longestMs;
  }

  tick(nowMs: number): void {
    if (nowMs < this.#lastMs) return;
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
  }
}
