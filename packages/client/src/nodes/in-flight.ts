// What is under way at one node, oldest first. Linked through its members, so that adding and removing is a few pointer
// writes and allocates nothing: a `Set` is rebuilt each time a burst of requests fills or empties it.

/** A request in flight; it is notified when its node is marked down. Belongs to at most one list. */
export abstract class InFlightRequest {
  abstract readonly startedMs: number;
  newer: InFlightRequest | null = null;
  older: InFlightRequest | null = null;

  abstract onEvicted(): void;
  /** Another node was marked down. */
  abstract onNodeLost(): void;
}

export class InFlight {
  #oldest: InFlightRequest | null = null;
  #newest: InFlightRequest | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get oldest(): InFlightRequest | null {
    return this.#oldest;
  }

  /** Adds one that is in no list. */
  add(one: InFlightRequest): void {
    const newest = this.#newest;
    one.older = newest;
    if (newest) newest.newer = one;
    else this.#oldest = one;
    this.#newest = one;
    this.#size++;
  }

  /** Takes out one that is in this list. */
  remove(one: InFlightRequest): void {
    const { older, newer } = one;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    one.older = null;
    one.newer = null;
    this.#size--;
  }

  /** All of them now, oldest first; a request that is notified may leave the list meanwhile. */
  snapshot(): readonly InFlightRequest[] {
    const all: InFlightRequest[] = [];
    for (let one = this.#oldest; one; one = one.newer) all.push(one);
    return all;
  }
}
