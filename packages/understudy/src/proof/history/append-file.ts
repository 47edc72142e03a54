// An append-only file of JSON lines. `append` resolves when the lines are on the disk; callers at the same moment share one
// fsync, so that durability costs one flush per batch and not one per line.
import { open, type FileHandle } from 'node:fs/promises';

export class AppendFile {
  readonly #handle: FileHandle;
  #waiting: { lines: string; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #flushing: Promise<void> | undefined;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(path: string): Promise<AppendFile> {
    return new AppendFile(await open(path, 'a'));
  }

  /** Resolves when every record is durable. */
  append(...records: readonly unknown[]): Promise<void> {
    const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#waiting.push({ lines, resolve: () => resolve(undefined), reject });
    this.#flushing ??= this.#flush();
    return promise;
  }

  async close(): Promise<void> {
    while (this.#flushing) await this.#flushing;
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#handle.appendFile(batch.map((entry) => entry.lines).join(''));
        await this.#handle.datasync();
        for (const entry of batch) entry.resolve();
      } catch (error) {
        for (const entry of batch) entry.reject(error);
      }
    }
    this.#flushing = undefined;
  }
}
