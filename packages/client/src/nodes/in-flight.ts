// What is under way at one node, oldest first. Linked through its members, so that coming and going is a few pointer
// writes and allocates nothing: a `Set` is rebuilt each time a burst of requests fills or empties it.

/** Something in flight that wants to know when its node is given up. Belongs to at most one list. */
export abstract class Flight {
  abstract readonly startedMs: number;
  newer: Flight | null = null;
  older: Flight | null = null;

  abstract onEvicted(): void;
  /** Another node was given up. */
  abstract onNodeLost(): void;
}

export class InFlight {
  #oldest: Flight | null = null;
  #newest: Flight | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get oldest(): Flight | null {
    return this.#oldest;
  }

  /** Adds one that is in no list. */
  add(one: Flight): void {
    const newest = this.#newest;
    one.older = newest;
    if (newest) newest.newer = one;
    else this.#oldest = one;
    this.#newest = one;
    this.#size++;
  }

  /** Takes out one that is in this list. */
  remove(one: Flight): void {
    const { older, newer } = one;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    one.older = null;
    one.newer = null;
    this.#size--;
  }

  /** All of them now, oldest first; what is told may leave the list meanwhile. */
  snapshot(): readonly Flight[] {
    const all: Flight[] = [];
    for (let one = this.#oldest; one; one = one.newer) all.push(one);
    return all;
  }
}
