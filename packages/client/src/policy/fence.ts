// Fences of writes: numbers that grow with every write, kept by the engine as the document's external version, so that an
// attempt which was given up and arrives late never overwrites a write that was acknowledged after it.

/** Fences per millisecond of wall clock; with it they stay whole numbers in JSON until the year 2255. */
const perMs = 1000;

/**
 * Gives fences in the order of the wall clock and, like a hybrid logical clock, never behind one it has seen: a machine
 * whose clock is behind corrects it at the first conflict.
 */
export class Fences {
  readonly #wall: () => number;
  readonly #random: () => number;
  #last = 0;

  /** `wall` in milliseconds since 1970; `random` in [0, 1) keeps clients with the same clock apart. */
  constructor(wall: () => number, random: () => number) {
    this.#wall = wall;
    this.#random = random;
  }

  next(): number {
    const now = Math.floor(this.#wall()) * perMs + Math.floor(this.#random() * perMs);
    this.#last = Math.max(this.#last + 1, now);
    return this.#last;
  }

  /** The next fence above one that the engine holds; undefined when the engine's is no fence (beyond whole numbers). */
  above(seen: number): number | undefined {
    if (!Number.isSafeInteger(seen + 1)) return undefined;
    this.#last = Math.max(this.#last, seen);
    return this.next();
  }
}
