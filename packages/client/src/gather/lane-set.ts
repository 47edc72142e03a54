// All lanes of one kind of operation: which lane an entry joins, how much may wait in all and in one, and the pause before
// failed items are sent again.
import type { Core } from '../call/core.ts';
import { backoffMs } from '../policy/backoff.ts';
import { Alarm } from '../time/wheel.ts';
import type { Entry } from './entry.ts';
import { Lane, type Freight, type LaneLimits, type LaneOwner } from './lane.ts';

export interface LaneSetLimits extends LaneLimits {
  /** Entries waiting over all lanes. */
  readonly maxQueue: number;
  /** Bytes waiting over all lanes. */
  readonly maxQueueBytes: number;
}

const maxIdleLanes = 256;

export class LaneSet<E extends Entry<never>> implements LaneOwner<E> {
  readonly #core: Core;
  readonly #freight: Freight<E>;
  readonly #limits: LaneSetLimits;
  readonly #lanes = new Map<string, Lane<E>>();
  #made = 0;
  #waiting = 0;
  #waitingBytes = 0;

  constructor(core: Core, freight: Freight<E>, limits: LaneSetLimits) {
    this.#core = core;
    this.#freight = freight;
    this.#limits = limits;
  }

  get count(): number {
    return this.#lanes.size;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get inFlight(): number {
    let sum = 0;
    for (const lane of this.#lanes.values()) sum += lane.inFlight;
    return sum;
  }

  /** Whether an entry of `bytes` may join `key`. One stuck lane may fill half of the room, so that the others go on. */
  hasRoom(key: string, bytes: number): boolean {
    if (this.#waiting >= this.#limits.maxQueue || this.#waitingBytes + bytes > this.#limits.maxQueueBytes) return false;
    const lane = this.#lanes.get(key);
    return lane === undefined || lane.waiting * 2 < this.#limits.maxQueue;
  }

  push(key: string, entry: E): void {
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = new Lane(this.#made++, key, this.#core, this.#freight, this.#limits, this);
      this.#lanes.set(key, lane);
    }
    this.#waiting++;
    this.#waitingBytes += entry.bytes;
    lane.push(entry);
  }

  onTaken(count: number, bytes: number): void {
    this.#waiting -= count;
    this.#waitingBytes -= bytes;
  }

  onIdle(lane: Lane<E>): void {
    // Lanes are cheap to keep and few; a client that writes to very many indices forgets the idle ones.
    if (this.#lanes.size > maxIdleLanes && this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key);
  }

  onAgain(lane: Lane<E>, entries: readonly E[]): void {
    new Pause(this.#core, entries, (live) => {
      // The lane may have been forgotten meanwhile; a new one under its key must not be bypassed.
      const current = this.#lanes.get(lane.key) ?? lane;
      this.#lanes.set(lane.key, current);
      this.#waiting += live.length;
      for (const entry of live) this.#waitingBytes += entry.bytes;
      current.pushFirst(live);
    }).begin();
  }
}

/** Entries between two attempts: full-jitter backoff, then one token of the retry budget for all of them together. */
class Pause<E extends Entry<never>> extends Alarm {
  readonly #core: Core;
  readonly #entries: readonly E[];
  readonly #resume: (live: readonly E[]) => void;

  constructor(core: Core, entries: readonly E[], resume: (live: readonly E[]) => void) {
    super();
    this.#core = core;
    this.#entries = entries;
    this.#resume = resume;
  }

  begin(): void {
    for (const entry of this.#entries) {
      entry.state = 'waiting';
      entry.owner = null;
    }
    const attempts = Math.max(...this.#entries.map((entry) => entry.attempts));
    const random = (): number => this.#core.time.random();
    this.#core.wheel.set(this, this.#core.time.now() + backoffMs(this.#core.options.backoff, attempts - 1, random));
  }

  override ring(): void {
    const live = this.#entries.filter((entry) => !entry.ended);
    if (live.length === 0) return;
    const now = this.#core.time.now();
    if (!this.#core.retryBudget.withdraw(now)) {
      this.#core.counters.budgetWaits++;
      this.#core.wheel.set(this, now + 50);
      return;
    }
    this.#core.counters.retries++;
    this.#resume(live);
  }
}
