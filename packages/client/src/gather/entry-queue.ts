// The entries that wait in a lane, first in, first out. Entries that ended meanwhile are passed over, not searched for.
import type { Entry } from './entry.ts';

/** Entries already taken are dropped from the array when so many have gathered at its start. */
const compactAt = 4096;

export class EntryQueue<E extends Entry<never>> {
  #entries: E[] = [];
  #head = 0;
  #live = 0;

  /** Entries that wait and have not ended. */
  get live(): number {
    return this.#live;
  }

  push(entry: E): void {
    this.#entries.push(entry);
    this.#live++;
  }

  /** Puts entries before all others, in their order. */
  pushFirst(entries: readonly E[]): void {
    this.#entries = [...entries, ...this.#entries.slice(this.#head)];
    this.#head = 0;
    this.#live += entries.length;
  }

  /** One of the waiting entries ended. */
  onEnded(): void {
    this.#live--;
  }

  /** Takes the oldest entries, at most `maxCount` and of `maxBytes` together; one that is larger is taken alone. */
  take(maxCount: number, maxBytes: number): { readonly entries: readonly E[]; readonly bytes: number } {
    const entries: E[] = [];
    let bytes = 0;
    while (this.#head < this.#entries.length && entries.length < maxCount) {
      const entry = this.#entries[this.#head];
      if (entry && !entry.ended) {
        if (entries.length > 0 && bytes + entry.bytes > maxBytes) break;
        entries.push(entry);
        bytes += entry.bytes;
      }
      this.#head++;
    }
    if (this.#head === this.#entries.length) this.#set([]);
    else if (this.#head > compactAt) this.#set(this.#entries.slice(this.#head));
    this.#live -= entries.length;
    return { entries, bytes };
  }

  /** Takes every entry that has not ended. */
  takeAll(): readonly E[] {
    const rest = this.#entries.slice(this.#head).filter((entry) => !entry.ended);
    this.#set([]);
    this.#live = 0;
    return rest;
  }

  #set(entries: E[]): void {
    this.#entries = entries;
    this.#head = 0;
  }
}
