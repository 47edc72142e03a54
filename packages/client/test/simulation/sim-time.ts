// A simulated clock that advances only in `run`: events happen in order of time, and promises settle between them.
import type { Time, Timer } from '../../src/time/time.ts';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
  cancelled: boolean;
}

/** A small seeded generator (mulberry32), so that a failing run can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class SimTime implements Time {
  readonly random: () => number;
  #now = 1000;
  #order = 0;
  /** A binary heap by time, then by order of creation. */
  readonly #heap: Event[] = [];
  #live = 0;

  constructor(seed = 1) {
    this.random = seededRandom(seed);
  }

  /** Timers that are set and not cancelled. */
  get pending(): number {
    return this.#live;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return 1_700_000_000_000 + this.#now;
  }

  after(ms: number, task: () => void): Timer {
    const event: Event = { at: this.#now + Math.max(0, ms), order: this.#order++, task, cancelled: false };
    this.#push(event);
    this.#live++;
    return {
      cancel: () => {
        if (event.cancelled) return;
        event.cancelled = true;
        this.#live--;
      },
      hold: () => undefined,
    };
  }

  defer(task: () => void): void {
    this.after(0, task);
  }

  /** Lets time pass up to `untilMs` from now. */
  async run(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.at > until) break;
      this.#pop();
      if (next.cancelled) continue;
      next.cancelled = true;
      this.#live--;
      this.#now = Math.max(this.#now, next.at);
      next.task();
      await settle();
    }
    this.#now = until;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Enough turns of the microtask queue for the chains of promises in the client. */
async function settle(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve();
}
