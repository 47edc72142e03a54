// The journal of a run: every step is on the disk before the next begins, so that after a crash it is known what is open.
import { join } from 'node:path';
import type { Clock } from '@understudy/foundation';
import { AppendFile, type JournalEntry, type JournalEvent, type JournalFacts, rawFiles } from '../../proof/index.ts';

/** An event with facts takes them; one without takes none. */
type NoteOf<E extends JournalEvent> =
  JournalFacts<E> extends undefined ? [facts?: undefined, atMs?: number] : [facts: JournalFacts<E>, atMs?: number];

export class Journal {
  readonly #file: AppendFile;
  readonly #clock: Clock;
  #longestNoteMs = 0;

  private constructor(file: AppendFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  static async open(directory: string, clock: Clock): Promise<Journal> {
    return new Journal(await AppendFile.open(join(directory, rawFiles.journal)), clock);
  }

  /** Resolves with the entry's time when it is durable. `atMs` is for events that are known to have begun earlier. */
  async note<E extends JournalEvent>(event: E, ...[facts, atMs = this.#clock.now()]: NoteOf<E>): Promise<number> {
    const begunMs = this.#clock.monotonicMs();
    await this.#file.append({ atMs, event, ...(facts === undefined ? {} : { facts }) });
    this.#longestNoteMs = Math.max(this.#longestNoteMs, this.#clock.monotonicMs() - begunMs);
    return atMs;
  }

  /** The longest time that an entry took to reach the disk: a step comes as much later than its entry says. */
  get longestNoteMs(): number {
    return this.#longestNoteMs;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** A fault was injected, and there is no entry that it is undone. */
export function isOpen(journal: readonly JournalEntry[]): boolean {
  return journal.some((entry) => entry.event === 'inject-begun') && !journal.some((entry) => entry.event === 'undone');
}
