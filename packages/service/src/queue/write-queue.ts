// Writes that the engine cannot take now, kept on this machine's disk until it can. Each worker has files of its own and takes
// over those of workers that have ended.
import { access, constants, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StoredDocument } from '../document.ts';
import { EngineError, type Engine, type DeferredOutcome, type DeferredWrite, type WriteResult } from '../engine.ts';
import { QueueFile, queueFileSuffix, syncDirectory } from './queue-file.ts';
import { encodeRecord } from './record.ts';

/** What is carried out at once. */
const batchSize = { writes: 200, bytes: 4 * 1024 * 1024 };
/** A file this large is followed by a new one, so that the space of settled writes is freed. */
const fileBytes = 8 * 1024 * 1024;
/** Each write is accounted as at least this much: it takes memory as well. */
const leastBytes = 512;
/** How often the engine is tried again, and files without a worker are searched. */
const everyMs = 1000;
/** How long the work under way may take when the process stops. */
const closeWithinMs = 1000;
const retryAfter = { retryAfterS: 5 };

export interface WriteQueueOptions {
  readonly directory: string;
  /** Bound of all files in the directory; each worker sees what the others accepted with a delay of about a second. */
  readonly mostBytes: number;
  readonly engine: Pick<Engine, 'newFence' | 'writeDeferred'>;
  readonly index: string;
  readonly logger: Logger;
}

export type Settled = 'written' | 'superseded' | 'refused' | 'damaged';

/** Numbers of this worker, but for `bytes`, which is of the whole machine. */
export interface QueueCounts {
  accepted: number;
  refusedFull: number;
  refusedDisk: number;
  readonly settled: Record<Settled, number>;
}

interface PlacedWrite extends DeferredWrite {
  readonly offset: number;
}

export class WriteQueue {
  readonly counts: QueueCounts = {
    accepted: 0,
    refusedFull: 0,
    refusedDisk: 0,
    settled: { written: 0, superseded: 0, refused: 0, damaged: 0 },
  };
  readonly #options: WriteQueueOptions;
  /** Oldest first: what is in an earlier file was accepted earlier. */
  #files: QueueFile[] = [];
  #opening: Promise<void> | undefined;
  #foreignBytes = 0;
  #closing = false;
  #round: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /** Begins to carry out the queued writes, also those of workers that have ended. */
  start(): void {
    this.#plan(0);
  }

  /** Writes of this worker that wait for the engine. */
  get pending(): number {
    return this.#files.reduce((sum, file) => sum + file.pending, 0);
  }

  /** Bytes of all queue files of the machine, as of the last second. */
  get bytes(): number {
    return this.#foreignBytes + this.#ownBytes;
  }

  get mostBytes(): number {
    return this.#options.mostBytes;
  }

  /**
   * Keeps a write; resolves when it is on the disk, with the version it will have in the engine. Rejects with an EngineError:
   * `queue-full` kept nothing, `unknown` when the disk did not confirm.
   */
  async accept(document: StoredDocument): Promise<WriteResult> {
    const { engine, index } = this.#options;
    const fence = engine.newFence();
    const line = encodeRecord({ fence, document });
    if (!this.#hasRoom(line.length)) {
      this.counts.refusedFull += 1;
      throw new EngineError('queue-full', 'The search engine is down, and the queue for writes is full.', retryAfter);
    }
    try {
      await this.#append(line);
    } catch (error) {
      this.counts.refusedDisk += 1;
      this.#options.logger.error({ err: error }, 'a write could not be stored in the queue');
      const text = 'The search engine is down, and the disk did not confirm that the write is queued; it may be.';
      throw new EngineError('unknown', text, { ...retryAfter, cause: error });
    }
    this.counts.accepted += 1;
    return { _index: index, _id: document.id, _version: fence, result: 'queued' };
  }

  /** Ends the work in a second, before the process ends; what is left, or not marked as done, is for the next one. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    await Promise.race([this.#round, sleep(closeWithinMs)]);
  }

  get #ownBytes(): number {
    return this.#files.reduce((sum, file) => sum + file.bytes, 0);
  }

  #hasRoom(bytes: number): boolean {
    const { mostBytes } = this.#options;
    return this.bytes + bytes <= mostBytes && this.pending * leastBytes < mostBytes;
  }

  async #append(line: Buffer): Promise<void> {
    for (;;) {
      const last = this.#files.at(-1);
      // Checked and appended to in one turn of the event loop: no file is removed in between.
      if (last?.takesWrites === true && last.bytes < fileBytes) return last.append(line);
      last?.seal();
      await this.#open();
    }
  }

  #open(): Promise<void> {
    this.#opening ??= QueueFile.create(this.#options.directory)
      .then((file) => void this.#files.push(file))
      .finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  #plan(delayMs: number): void {
    if (this.#closing) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#work()
        .catch((error: unknown) =>
          this.#options.logger.error({ err: error }, 'the queued writes could not be carried out'),
        )
        // Jitter: the workers must not all start at once.
        .finally(() => this.#plan(everyMs * (0.5 + Math.random())));
    }, delayMs);
    this.#timer.unref();
  }

  async #work(): Promise<void> {
    await this.#takeOverFiles();
    /** Ids of which an earlier write could not be carried out: their later ones wait for it. */
    const blockedIds = new Set<string>();
    for (const file of [...this.#files]) {
      const engineTakes = await this.#carryOut(file, blockedIds);
      if (file.isDone) await this.#drop(file);
      if (!engineTakes) return;
    }
  }

  /** Takes over files that no running process works on, and counts the bytes of the others. */
  async #takeOverFiles(): Promise<void> {
    const { directory, logger } = this.#options;
    const own = new Set(this.#files.map(({ path }) => path));
    const taken: QueueFile[] = [];
    let foreignBytes = 0;
    for (const name of (await readdir(directory)).sort()) {
      const path = join(directory, name);
      if (!name.endsWith(queueFileSuffix) || own.has(path)) continue;
      const file = await QueueFile.takeOver(path);
      if (file === undefined) {
        foreignBytes += await sizeOf(path);
        continue;
      }
      taken.push(file);
      this.counts.settled.damaged += file.damaged;
      const { pending, bytes, damaged } = file;
      logger.warn({ file: name, pending, bytes, damaged }, 'took over the queue of a process that has ended');
    }
    // Before this worker's own files: they are older.
    this.#files.unshift(...taken);
    this.#foreignBytes = foreignBytes;
  }

  /** False when the engine takes nothing now. */
  async #carryOut(file: QueueFile, blockedIds: Set<string>): Promise<boolean> {
    for (const offsets of file.batches(batchSize.writes, batchSize.bytes)) {
      if (this.#closing) return false;
      const writes = await this.#readSome(file, offsets, blockedIds);
      if (writes.length === 0) continue;
      const outcomes = await this.#options.engine.writeDeferred(writes);
      const settled = writes.filter((write, n) => this.#isSettled(write, outcomes[n] as DeferredOutcome, blockedIds));
      if (settled.length > 0) await file.settle(settled.map(({ offset }) => offset));
      if (outcomes.every((outcome) => outcome.kind === 'waits' && outcome.takesNothing)) return false;
    }
    return true;
  }

  #isSettled(write: PlacedWrite, outcome: DeferredOutcome, blockedIds: Set<string>): boolean {
    if (outcome.kind === 'waits') {
      blockedIds.add(write.document.id);
      return false;
    }
    if (outcome.kind === 'refused')
      this.#options.logger.error({ reason: outcome.reason }, 'a queued write was refused');
    this.counts.settled[outcome.kind] += 1;
    return true;
  }

  async #readSome(file: QueueFile, offsets: readonly number[], blockedIds: Set<string>): Promise<PlacedWrite[]> {
    const writes: PlacedWrite[] = [];
    for (const offset of offsets) {
      const write = await file.read(offset);
      if (write === undefined) {
        this.#options.logger.error({ file: file.path, offset }, 'a queued write cannot be read again; it is lost');
        this.counts.settled.damaged += 1;
        await file.settle([offset]);
      } else if (!blockedIds.has(write.document.id)) writes.push({ offset, ...write });
    }
    return writes;
  }

  async #drop(file: QueueFile): Promise<void> {
    // Sealed first: nothing can be accepted into a file that is removed.
    file.seal();
    this.#files = this.#files.filter((other) => other !== file);
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Makes the directory of the queue in one that exists, for this user alone. Rejects when it cannot be made or written. */
export async function prepareQueueDirectory(directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o700 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  await syncDirectory(dirname(directory));
}
