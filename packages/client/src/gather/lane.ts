// One lane: a first-in first-out queue whose entries travel together. It sends when it is idle or when a request of its
// own completes, never after a fixed wait.
import type { CallAnswer, CallSpec, Core } from '../call/core.ts';
import type { ClientError } from '../errors.ts';
import { Batch } from './batch.ts';
import type { Entry, EntryOwner } from './entry.ts';
import { groupBy } from './group.ts';

/** Entries as a request. */
export type Load = Pick<CallSpec, 'operation' | 'request' | 'safety' | 'hedgeAfter' | 'steerable' | 'steersItself'>;

/**
 * Where a request names the index of its entries: in each entry; in its path, which is always allowed; or there for a trial, because
 * the engine refused it otherwise (`rest.action.multi.allow_explicit_index: false`).
 */
export type Naming = 'entries' | 'path' | 'trial';

/** How a kind of operation travels: how entries become a request, and how its answer is handed out. */
export interface Freight<E extends Entry<never>> {
  readonly kind: 'write' | 'get' | 'search';
  /** What names the index of an entry in a path. */
  pathOf(entry: E): string;
  /** The request for `entries`; `deadlineAt` is the latest deadline among them. `inPath`: they are of one index, which the path names. */
  load(entries: readonly E[], deadlineAt: number, inPath: boolean): Load;
  /** Ends each entry, or returns those that should be sent again. `answer.status` is below 300. */
  unload(entries: readonly E[], answer: CallAnswer): readonly E[];
  /** Ends an entry of a request that failed whole. */
  refuse(entry: E, error: ClientError): void;
}

export interface LaneLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
  readonly inFlight: number;
}

export interface LaneOwner<E extends Entry<never>> {
  /** Entries are to be sent again after a pause. */
  onAgain(entries: readonly E[]): void;
  /** Entries stopped waiting: they were sent, or left. */
  onTaken(count: number, bytes: number): void;
  /** A request of the lane took `latencyMs`; its entries are answered. */
  onBatchDone(lane: Lane<E>, latencyMs: number): void;
  /** A request has been under way for suspiciously long. */
  onStall(): void;
  /** How long a request may take before that is suspicious. */
  readonly stallMs: number;
}

export class Lane<E extends Entry<never>> implements EntryOwner {
  readonly number: number;
  readonly key: string;
  readonly core: Core;
  readonly freight: Freight<E>;
  readonly owner: LaneOwner<E>;
  readonly batches = new Set<Batch<E>>();
  /** When it sent last. */
  shippedMs = -Infinity;
  readonly #limits: LaneLimits;
  #queue: E[] = [];
  #head = 0;
  #live = 0;
  #scheduled = false;

  constructor(number: number, key: string, core: Core, freight: Freight<E>, limits: LaneLimits, owner: LaneOwner<E>) {
    this.number = number;
    this.key = key;
    this.core = core;
    this.freight = freight;
    this.#limits = limits;
    this.owner = owner;
  }

  /** Entries that wait and still want to be sent. */
  get waiting(): number {
    return this.#live;
  }

  /** Its requests that have been under way for suspiciously long. */
  get stalled(): readonly Batch<E>[] {
    return [...this.batches].filter(({ stalled }) => stalled);
  }

  push(entry: E): void {
    entry.owner = this;
    this.#queue.push(entry);
    this.#live++;
    this.#schedule();
  }

  /** Puts entries before all others, in their order: they have waited longest. */
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

  /** Takes every waiting entry out, for other lanes. */
  empty(): readonly E[] {
    const rest = this.#queue.slice(this.#head).filter((entry) => !entry.ended);
    this.#queue = [];
    this.#head = 0;
    this.#live = 0;
    return rest;
  }

  onLeft(entry: Entry<never>): void {
    this.#live--;
    this.owner.onTaken(1, entry.bytes);
  }

  /** Sends `entries` as one request now, or one for each index, whatever else is in flight. */
  ship(entries: readonly E[], naming: Naming = this.core.indexInPath ? 'path' : 'entries'): void {
    this.shippedMs = this.core.time.now();
    if (naming === 'entries') return this.#start(new Batch(this, entries, naming));
    for (const group of groupBy(entries, (entry) => this.freight.pathOf(entry)).values())
      this.#start(new Batch(this, group, naming));
  }

  #start(batch: Batch<E>): void {
    this.batches.add(batch);
    batch.start();
  }

  /** Sends the one that waits longest; false when none waits. */
  shipOne(): boolean {
    const entries = this.#take(1);
    if (entries.length > 0) this.ship(entries);
    return entries.length > 0;
  }

  /** A batch ended; `again` are entries that should be sent once more. */
  onBatchEnd(batch: Batch<E>, again: readonly E[]): void {
    this.batches.delete(batch);
    if (again.length > 0) this.owner.onAgain(again);
    // What completed has woken its callers: their next operations join the batch that leaves now.
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#live === 0 || this.batches.size >= this.#limits.inFlight) return;
    this.#scheduled = true;
    this.core.time.defer(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#live > 0 && this.batches.size < this.#limits.inFlight) {
      const entries = this.#take(this.#limits.maxCount);
      if (entries.length === 0) return;
      this.ship(entries);
    }
  }

  #take(maxCount: number): readonly E[] {
    const { maxBytes } = this.#limits;
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
    if (taken.length > 0) this.owner.onTaken(taken.length, bytes);
    return taken;
  }
}
