// Admission: the adaptive limit with a bounded first-in first-out queue before it. What fits neither is shed at once.
import type { Limiter } from '../policy/limiter.ts';

/** Something waiting to be admitted. */
export interface Admissible {
  /** True once it no longer needs admission (deadline passed, cancelled). */
  readonly ended: boolean;
  onAdmitted(): void;
}

export class Gate {
  readonly limiter: Limiter;
  readonly #maxQueue: number;
  #queue: Admissible[] = [];
  #head = 0;

  constructor(limiter: Limiter, maxQueue: number) {
    this.limiter = limiter;
    this.#maxQueue = maxQueue;
  }

  get queued(): number {
    return this.#queue.length - this.#head;
  }

  /** 'in' now, 'queued' (onAdmitted will be called unless it ends first), or 'full': shed it. */
  enter(one: Admissible): 'in' | 'queued' | 'full' {
    if (this.queued === 0 && this.limiter.tryEnter()) return 'in';
    if (this.queued >= this.#maxQueue) this.#sweep();
    if (this.queued >= this.#maxQueue) return 'full';
    this.#queue.push(one);
    return 'queued';
  }

  /** Gives a place back after an answer that took `latencyMs`. */
  leave(latencyMs: number): void {
    this.limiter.leave(latencyMs);
    this.#admitNext();
  }

  /** Gives a place back after a failure; `isOverload` when the engine said that it is overloaded. */
  leaveFailed(isOverload: boolean): void {
    if (isOverload) this.limiter.leaveDropped();
    else this.limiter.leaveUnknown();
    this.#admitNext();
  }

  /** Admits as many as fit. */
  #admitNext(): void {
    while (this.#head < this.#queue.length) {
      const next = this.#queue[this.#head];
      if (next && !next.ended) {
        if (!this.limiter.tryEnter()) break;
        this.#head++;
        next.onAdmitted();
      } else this.#head++;
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 1024) this.#sweep();
  }

  #sweep(): void {
    this.#queue = this.#queue.slice(this.#head).filter((one) => !one.ended);
    this.#head = 0;
  }
}
