// One lane: a first-in first-out queue whose entries travel together. It sends when it is idle or when a request of its
// own completes, never after a fixed wait, and knows nothing of other lanes: a stuck one holds up only itself.
import { Call } from '../call/call.ts';
import type { CallAnswer, CallSpec, Core } from '../call/core.ts';
import { ClientError } from '../errors.ts';
import type { Entry, EntryOwner } from './entry.ts';

/** How a kind of operation travels: how entries become a request, and how its answer is handed out. */
export interface Freight<E extends Entry<never>> {
  readonly kind: 'write' | 'get' | 'search';
  /** The request for `entries`; `deadlineAt` is the latest deadline among them. */
  load(
    entries: readonly E[],
    deadlineAt: number,
  ): Pick<CallSpec, 'operation' | 'request' | 'safety' | 'hedgeAfter' | 'steerable'>;
  /** Ends each entry, or returns those that should be sent again. `answer.status` is below 300. */
  unload(entries: readonly E[], answer: CallAnswer): readonly E[];
  /** Ends entries of a request that failed whole. */
  refuse(entry: E, error: ClientError): void;
}

export interface LaneLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
  readonly inFlight: number;
}

export interface LaneOwner<E extends Entry<never>> {
  /** Entries are to be sent again after a pause. */
  onAgain(lane: Lane<E>, entries: readonly E[]): void;
  /** Called when the number of waiting entries shrank by `count`. */
  onTaken(count: number, bytes: number): void;
  onIdle(lane: Lane<E>): void;
}

export class Lane<E extends Entry<never>> implements EntryOwner {
  readonly number: number;
  readonly key: string;
  readonly #core: Core;
  readonly #freight: Freight<E>;
  readonly #limits: LaneLimits;
  readonly #owner: LaneOwner<E>;
  #queue: E[] = [];
  #head = 0;
  #live = 0;
  #inFlight = 0;
  #scheduled = false;

  constructor(number: number, key: string, core: Core, freight: Freight<E>, limits: LaneLimits, owner: LaneOwner<E>) {
    this.number = number;
    this.key = key;
    this.#core = core;
    this.#freight = freight;
    this.#limits = limits;
    this.#owner = owner;
  }

  /** Entries that wait and still want to be sent. */
  get waiting(): number {
    return this.#live;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  push(entry: E): void {
    entry.owner = this;
    this.#queue.push(entry);
    this.#live++;
    this.#schedule();
  }

  /** Puts entries that are sent again before all others, in their order. */
  pushFirst(entries: readonly E[]): void {
    for (const entry of entries) {
      entry.owner = this;
      entry.state = 'waiting';
    }
    this.#queue = [...entries, ...this.#queue.slice(this.#head)];
    this.#head = 0;
    this.#live += entries.length;
    this.#schedule();
  }

  onLeft(entry: Entry<never>): void {
    this.#live--;
    this.#owner.onTaken(1, entry.bytes);
    if (this.#live === 0 && this.#inFlight === 0) this.#owner.onIdle(this);
  }

  /** Sends `entries` as one request. Used again by a batch that was refused whole, for each half of it. */
  ship(entries: readonly E[]): void {
    this.#inFlight++;
    new Batch(this.#core, this, this.#freight, entries).start();
  }

  /** A batch ended; `again` are entries that should be sent once more. */
  onBatchEnd(again: readonly E[]): void {
    this.#inFlight--;
    if (again.length > 0) this.#owner.onAgain(this, again);
    // What completed has woken its callers: their next operations join the batch that leaves now.
    this.#schedule();
    if (this.#live === 0 && this.#inFlight === 0) this.#owner.onIdle(this);
  }

  #schedule(): void {
    if (this.#scheduled || this.#live === 0 || this.#inFlight >= this.#limits.inFlight) return;
    this.#scheduled = true;
    this.#core.time.defer(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#live > 0 && this.#inFlight < this.#limits.inFlight) {
      const entries = this.#take();
      if (entries.length === 0) return;
      this.ship(entries);
    }
  }

  #take(): readonly E[] {
    const { maxCount, maxBytes } = this.#limits;
    const taken: E[] = [];
    let bytes = 0;
    while (this.#head < this.#queue.length && taken.length < maxCount) {
      const entry = this.#queue[this.#head];
      if (entry && !entry.ended) {
        if (taken.length > 0 && bytes + entry.bytes > maxBytes) break;
        taken.push(entry);
        bytes += entry.bytes;
      }
      this.#head++;
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 4096) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#live -= taken.length;
    if (taken.length > 0) this.#owner.onTaken(taken.length, bytes);
    return taken;
  }
}

/** Entries under way in one request. */
class Batch<E extends Entry<never>> implements EntryOwner {
  readonly #core: Core;
  readonly #lane: Lane<E>;
  readonly #freight: Freight<E>;
  readonly #entries: readonly E[];
  #call: Call | null = null;
  #live: number;

  constructor(core: Core, lane: Lane<E>, freight: Freight<E>, entries: readonly E[]) {
    this.#core = core;
    this.#lane = lane;
    this.#freight = freight;
    this.#entries = entries;
    this.#live = entries.length;
  }

  start(): void {
    const { counters, events } = this.#core;
    let deadlineAt = 0;
    let bytes = 0;
    for (const entry of this.#entries) {
      entry.state = 'in-flight';
      entry.owner = this;
      if (entry.deadlineAt > deadlineAt) deadlineAt = entry.deadlineAt;
      bytes += entry.bytes;
    }
    counters.batches++;
    counters.batchedOperations += this.#entries.length;
    if (events.wants('batch')) {
      events.emit('batch', { kind: this.#freight.kind, lane: this.#lane.number, count: this.#entries.length, bytes });
    }
    this.#call = new Call(
      this.#core,
      { ...this.#freight.load(this.#entries, deadlineAt), deadlineAt, gated: false },
      this,
    );
    this.#call.start();
  }

  onLeft(): void {
    // Nobody waits for this request any more: what was not sent stays unsent.
    if (--this.#live === 0) this.#call?.cancel();
  }

  onDone(answer: CallAnswer): void {
    for (const entry of this.#entries) {
      entry.attempts += answer.attempts;
      if (answer.maybeApplied) entry.maybeApplied = true;
    }
    if (answer.status < 300) return this.#lane.onBatchEnd(this.#freight.unload(this.#entries, answer));
    this.#split(
      new ClientError('rejected', `The engine refused the request with status ${answer.status}.`, {
        status: answer.status,
      }),
      answer,
    );
  }

  onError(error: ClientError): void {
    for (const entry of this.#entries) {
      entry.attempts += error.attempts.length;
      if (error.outcome === 'unknown') entry.maybeApplied = true;
      this.#freight.refuse(entry, error);
    }
    this.#lane.onBatchEnd([]);
  }

  /** The whole request was refused, so one entry of it may be poison: halves go on their own, until only the poison fails. */
  #split(error: ClientError, answer: CallAnswer): void {
    const live = this.#entries.filter((entry) => !entry.ended);
    if (live.length > 1 && answer.status !== 401 && answer.status !== 403) {
      const middle = Math.ceil(live.length / 2);
      this.#lane.ship(live.slice(0, middle));
      this.#lane.ship(live.slice(middle));
    } else for (const entry of live) this.#freight.refuse(entry, error);
    this.#lane.onBatchEnd([]);
  }
}
