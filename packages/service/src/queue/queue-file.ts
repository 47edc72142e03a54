// One file of the queue: accepted writes and marks of those that are settled. It is only appended to, and removed when all are settled.
import { randomUUID } from 'node:crypto';
import { constants, open, rm, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lockFile, type FileLock } from './file-lock.ts';
import type { DeferredWrite } from '../engine.ts';
import { decodeRecord, encodeRecord, readRecords } from './record.ts';

export const queueFileSuffix = '.queue';

interface Content {
  readonly pending: Map<number, number>;
  readonly end: number;
  readonly damaged: number;
}

interface Waiting {
  readonly line: Buffer;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class QueueFile {
  readonly path: string;
  /** Damaged lines found when the file was taken over. */
  readonly damaged: number;
  readonly #handle: FileHandle;
  readonly #lock: FileLock;
  /** Lengths of the lines with writes to be carried out, by their offsets: in the order in which they were accepted. */
  readonly #pending: Map<number, number>;
  #end: number;
  #takesWrites: boolean;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #marks: number[] = [];
  #flushing: Promise<void> | undefined;

  private constructor(path: string, handle: FileHandle, lock: FileLock, content?: Content) {
    this.path = path;
    this.#handle = handle;
    this.#lock = lock;
    this.#pending = content?.pending ?? new Map<number, number>();
    this.#end = content?.end ?? 0;
    this.damaged = content?.damaged ?? 0;
    // A file that was taken over is carried out, not continued.
    this.#takesWrites = content === undefined;
  }

  /** A new file, of this process. Its name sorts by age, and is on the disk before a write is accepted into it. */
  static async create(directory: string): Promise<QueueFile> {
    const path = join(directory, `${Date.now()}-${randomUUID()}${queueFileSuffix}`);
    // Locked before it exists, so that no other process finds it without a lock.
    const lock = (await lockFile(basename(path))) as FileLock;
    try {
      const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
      await syncDirectory(directory);
      return new QueueFile(path, handle, lock, undefined);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** The file of a process that has ended; undefined when another process works on it, or has removed it. */
  static async takeOver(path: string): Promise<QueueFile | undefined> {
    const lock = await lockFile(basename(path));
    if (lock === undefined) return undefined;
    try {
      const handle = await open(path, 'r+');
      const { records, damaged, end } = readRecords(await handle.readFile());
      const pending = new Map<number, number>();
      for (const { record, offset, length } of records) {
        if ('settled' in record) for (const settled of record.settled) pending.delete(settled);
        else pending.set(offset, length);
      }
      // The next record starts on a line of its own.
      await handle.truncate(end);
      return new QueueFile(path, handle, lock, { pending, end, damaged });
    } catch (error) {
      lock.release();
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  get takesWrites(): boolean {
    return this.#takesWrites;
  }

  get pending(): number {
    return this.#pending.size;
  }

  get bytes(): number {
    return this.#end + this.#waitingBytes;
  }

  /** No write is pending, and none is being written to the disk. */
  get isDone(): boolean {
    return this.#pending.size === 0 && this.#flushing === undefined;
  }

  /** Resolves when the line is on the disk; those that wait together share one flush. Rejects when it may not be there. */
  append(line: Buffer): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ line, done, failed });
      this.#waitingBytes += line.length;
      void this.#flush();
    });
  }

  /** Takes no further write, so that the file can be removed. */
  seal(): void {
    this.#takesWrites = false;
  }

  /** Offsets of the writes to be carried out, in order, in batches of at most so many writes and bytes, or of one larger write. */
  *batches(mostWrites: number, mostBytes: number): Generator<readonly number[]> {
    let batch: number[] = [];
    let bytes = 0;
    for (const [offset, length] of [...this.#pending]) {
      if (batch.length === mostWrites || (batch.length > 0 && bytes + length > mostBytes)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(offset);
      bytes += length;
    }
    if (batch.length > 0) yield batch;
  }

  /** One write to be carried out; undefined when the file does not have it as it was written. */
  async read(offset: number): Promise<DeferredWrite | undefined> {
    const line = Buffer.alloc((this.#pending.get(offset) ?? 1) - 1);
    await this.#handle.read(line, 0, line.length, offset);
    const record = decodeRecord(line);
    return record === undefined || 'settled' in record ? undefined : record;
  }

  /**
   * These need no more work. The mark is not forced to the disk: after a power loss they may be carried out again,
   * which their fences make safe.
   */
  async settle(offsets: readonly number[]): Promise<void> {
    for (const offset of offsets) this.#pending.delete(offset);
    this.#marks.push(...offsets);
    await this.#flush();
  }

  /** Ends the work on this file; removes it when nothing in it is left to do. */
  async close(): Promise<void> {
    this.seal();
    await this.#flushing;
    if (this.#pending.size === 0) await rm(this.path, { force: true });
    await this.#handle.close();
    this.#lock.release();
  }

  async #flush(): Promise<void> {
    if (this.#hasWork) this.#flushing ??= this.#write();
    await this.#flushing;
  }

  get #hasWork(): boolean {
    return this.#waiting.length > 0 || this.#marks.length > 0;
  }

  async #write(): Promise<void> {
    while (this.#hasWork) {
      const writes = this.#waiting.splice(0);
      this.#waitingBytes = 0;
      const marks = this.#marks.splice(0);
      const lines = writes.map(({ line }) => line);
      if (marks.length > 0) lines.push(encodeRecord({ settled: marks }));
      const start = this.#end;
      const bytes = Buffer.concat(lines);
      // Counted from now on: the bound holds while the disk works.
      this.#end += bytes.length;
      try {
        await writeAll(this.#handle, bytes, start);
        if (writes.length > 0) await this.#handle.datasync();
      } catch (error) {
        await this.#giveUp(start, writes, error);
        continue;
      }
      let offset = start;
      for (const { line, done } of writes) {
        this.#pending.set(offset, line.length);
        offset += line.length;
        done();
      }
    }
    // In the same turn of the event loop as the last check for waiting writes, so that none is left waiting.
    this.#flushing = undefined;
  }

  /** After a failed write nothing is appended to this file: its writes are carried out, new ones go to another file. */
  async #giveUp(start: number, writes: readonly Waiting[], error: unknown): Promise<void> {
    this.seal();
    const rest = this.#waiting.splice(0);
    this.#waitingBytes = 0;
    this.#end = start;
    await this.#handle.truncate(start).catch(() => undefined);
    for (const { failed } of [...writes, ...rest]) failed(error);
  }
}

/** On a disk that is nearly full a write may be partial, without an error. */
async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    if (bytesWritten === 0) throw new Error('The disk is full.');
    written += bytesWritten;
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
