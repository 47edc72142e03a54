// A file of what lets callers in. It is looked at for requests, so what was changed counts in every process within `freshMs`; a file that is
// missing or damaged leaves the last good content in force.
import { hash } from 'node:crypto';
import { readFileSync, statSync, type Stats } from 'node:fs';
import type { Logger } from 'pino';

/** A look costs as much as the rest of a login. Whoever says that a change counts everywhere waits for longer than this first. */
const freshMs = 20;

export interface WatchedFileOptions<Content> {
  /** Absolute. */
  readonly path: string;
  /** The variable that names it, for the log. */
  readonly variable: string;
  /** What is in it, for the log. */
  readonly what: string;
  /** Throws a sentence that quotes nothing of the text. */
  readonly parse: (text: string) => Content;
  readonly count: (content: Content) => number;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

export class WatchedFile<Content> {
  readonly #options: WatchedFileOptions<Content>;
  #content: Content;
  #version: string;
  #seen: string;
  #lookedMs = -Infinity;

  /** Throws when the file cannot be read or is not what it should be: a service does not start without it. */
  constructor(options: WatchedFileOptions<Content>) {
    this.#options = options;
    const stats = statSync(options.path);
    [this.#content, this.#version] = this.#read();
    this.#seen = markOf(stats);
  }

  get content(): Content {
    this.#refresh();
    return this.#content;
  }

  /** SHA-256 of the file whose content is in force, hexadecimal. */
  get version(): string {
    this.#refresh();
    return this.#version;
  }

  #refresh(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs < freshMs) return;
    this.#lookedMs = nowMs;
    const { path, what, count, logger } = this.#options;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return this.#failed('missing', 'it is missing');
    const mark = markOf(stats);
    if (mark === this.#seen) return;
    try {
      [this.#content, this.#version] = this.#read();
      this.#seen = mark;
      logger.info({ [what]: count(this.#content), version: this.#version }, `the ${what} were read again`);
    } catch (error) {
      this.#failed(mark, (error as Error).message);
    }
  }

  /** Logged once for each state of the file. */
  #failed(mark: string, why: string): void {
    if (this.#seen === mark) return;
    this.#seen = mark;
    const { path, variable, what, logger } = this.#options;
    logger.error({ path, why }, `${variable} cannot be read; the ${what} before it stay in force`);
  }

  #read(): [Content, string] {
    const bytes = readFileSync(this.#options.path);
    return [this.#options.parse(bytes.toString()), hash('sha256', bytes, 'hex')];
  }
}

function markOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}
