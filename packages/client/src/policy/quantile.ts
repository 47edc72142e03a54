// A latency quantile over recent answers: two rotating log-scale histograms. A record costs one logarithm and one increment.

const bucketsPerOctave = 8;
const bucketCount = 24 * bucketsPerOctave;
const smallestMs = 1 / 16;

export class RecentQuantile {
  readonly #quantile: number;
  readonly #window: number;
  #current = new Uint32Array(bucketCount);
  #previous = new Uint32Array(bucketCount);
  #recorded = 0;
  #previousRecorded = 0;
  #cached = Infinity;
  #untilRefresh = 32;

  /** @param quantile in (0, 1); @param window samples per histogram, so the estimate spans one to two windows. */
  constructor(quantile: number, window = 2048) {
    this.#quantile = quantile;
    this.#window = window;
  }

  record(ms: number): void {
    const octaves = Math.log2(ms / smallestMs);
    const bucket = octaves > 0 ? Math.min(bucketCount - 1, (octaves * bucketsPerOctave) | 0) : 0;
    this.#current[bucket] = (this.#current[bucket] ?? 0) + 1;
    this.#recorded++;
    if (--this.#untilRefresh === 0) {
      this.#untilRefresh = 64;
      this.#cached = this.#compute();
    }
    if (this.#recorded >= this.#window) this.#rotate();
  }

  /** The estimate, milliseconds; Infinity before 32 samples, so that nothing is hedged on too few samples. */
  get valueMs(): number {
    return this.#cached;
  }

  #rotate(): void {
    const old = this.#previous;
    this.#previous = this.#current;
    this.#previousRecorded = this.#recorded;
    old.fill(0);
    this.#current = old;
    this.#recorded = 0;
  }

  #compute(): number {
    const target = (this.#recorded + this.#previousRecorded) * this.#quantile;
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += (this.#current[bucket] ?? 0) + (this.#previous[bucket] ?? 0);
      if (seen >= target) return smallestMs * 2 ** ((bucket + 1) / bucketsPerOctave);
    }
    return Infinity;
  }
}
