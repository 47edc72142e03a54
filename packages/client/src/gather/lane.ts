// One lane: a first-in first-out queue whose entries are sent together. It sends when it is idle or when a request of its
// own completes, never after a fixed wait.
import type { Core } from '../call/core.ts';
import type { BatchFormat, IndexNaming } from './batch-format.ts';
import { Batch, type BatchOwner } from './batch.ts';
import { EntryQueue } from './entry-queue.ts';
import type { Entry, EntryOwner } from './entry.ts';
import { groupBy } from './group.ts';

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
  onAnswered(lane: Lane<E>, latencyMs: number): void;
  /** A request is stalled. */
  onStall(): void;
  /** How long a request may take before it counts as stalled. */
  readonly stallMs: number;
}

export class Lane<E extends Entry<never>> implements EntryOwner, BatchOwner<E> {
  readonly number: number;
  readonly key: string;
  readonly core: Core;
  readonly format: BatchFormat<E>;
  readonly batches = new Set<Batch<E>>();
  /** When it sent last. */
  sentMs = -Infinity;
  readonly #limits: LaneLimits;
  readonly #owner: LaneOwner<E>;
  readonly #queue = new EntryQueue<E>();
  #scheduled = false;

  constructor(
    number: number,
    key: string,
    core: Core,
    format: BatchFormat<E>,
    limits: LaneLimits,
    owner: LaneOwner<E>,
  ) {
    this.number = number;
    this.key = key;
    this.core = core;
    this.format = format;
    this.#limits = limits;
    this.#owner = owner;
  }

  /** Entries that wait and still want to be sent. */
  get waiting(): number {
    return this.#queue.live;
  }

  /** Its requests that are stalled. */
  get stalled(): readonly Batch<E>[] {
    return [...this.batches].filter(({ stalled }) => stalled);
  }

  push(entry: E): void {
    entry.owner = this;
    this.#queue.push(entry);
    this.#schedule();
  }

  /** Puts entries before all others, in their order: they have waited longest. */
  pushFirst(entries: readonly E[]): void {
    for (const entry of entries) {
      entry.owner = this;
      entry.state = 'waiting';
    }
    this.#queue.pushFirst(entries);
    this.#schedule();
  }

  /** Takes every waiting entry out, for other lanes. */
  takeAll(): readonly E[] {
    return this.#queue.takeAll();
  }

  onLeft(entry: Entry<never>): void {
    this.#queue.onEnded();
    this.#owner.onTaken(1, entry.bytes);
  }

  /** Sends `entries` as one request now, or one for each index, whatever else is in flight. */
  send(entries: readonly E[], naming: IndexNaming = this.core.indexInPath ? 'path' : 'entries'): void {
    this.sentMs = this.core.time.now();
    if (naming === 'entries') return this.#start(new Batch(this, entries, naming));
    for (const group of groupBy(entries, (entry) => this.format.indexInPath(entry)).values())
      this.#start(new Batch(this, group, naming));
  }

  #start(batch: Batch<E>): void {
    this.batches.add(batch);
    batch.start();
  }

  /** Sends the one that waits longest; false when none waits. */
  sendFirst(): boolean {
    const entries = this.#take(1);
    if (entries.length > 0) this.send(entries);
    return entries.length > 0;
  }

  get stallMs(): number {
    return this.#owner.stallMs;
  }

  onStall(): void {
    this.#owner.onStall();
  }

  onAnswered(latencyMs: number): void {
    this.#owner.onAnswered(this, latencyMs);
  }

  /** A batch ended; `again` are entries that should be sent once more. */
  onBatchEnd(batch: Batch<E>, again: readonly E[]): void {
    this.batches.delete(batch);
    if (again.length > 0) this.#owner.onAgain(again);
    // The callers of what completed continue now: their next operations join the batch that is sent next.
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.waiting === 0 || this.batches.size >= this.#limits.inFlight) return;
    this.#scheduled = true;
    this.core.time.defer(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.waiting > 0 && this.batches.size < this.#limits.inFlight) {
      const entries = this.#take(this.#limits.maxCount);
      if (entries.length === 0) return;
      this.send(entries);
    }
  }

  #take(maxCount: number): readonly E[] {
    const { entries, bytes } = this.#queue.take(maxCount, this.#limits.maxBytes);
    if (entries.length > 0) this.#owner.onTaken(entries.length, bytes);
    return entries;
  }
}
