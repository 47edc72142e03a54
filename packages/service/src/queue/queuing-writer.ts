// Writes of callers who asked for a queue (Prefer: respond-async): to the engine first, and to the queue when it takes none.
import type { StoredDocument } from '../document.ts';
import { EngineError, type BulkOutcome, type Writer, type WriteResult } from '../engine.ts';
import type { WritePreference } from './preference.ts';
import type { WriteQueue } from './write-queue.ts';

/** A shorter wait would queue writes that a healthy engine is about to acknowledge. */
const leastWaitMs = 1000;

/** For one request. Without a queue, or for a caller who did not ask for it, this is the engine itself. */
export function writerFor(engine: Writer, queue: WriteQueue | undefined, preference: WritePreference): Writer {
  return queue !== undefined && preference.respondAsync ? new QueuingWriter(engine, queue, preference.waitMs) : engine;
}

/** The engine takes no writes now. A block may last long: then the queue becomes full, and refuses writes. */
function mayBeQueued(error: EngineError): boolean {
  return error.isOutage || error.kind === 'write-blocked';
}

class QueuingWriter implements Writer {
  readonly #engine: Writer;
  readonly #queue: WriteQueue;
  readonly #untilMs: number | undefined;

  constructor(engine: Writer, queue: WriteQueue, waitMs: number | undefined) {
    this.#engine = engine;
    this.#queue = queue;
    this.#untilMs = waitMs === undefined ? undefined : performance.now() + waitMs;
  }

  async write(document: StoredDocument): Promise<WriteResult> {
    try {
      return await this.#engine.write(document, this.#deadline());
    } catch (error) {
      if (error instanceof EngineError && mayBeQueued(error)) return this.#queue.accept(document);
      throw error;
    }
  }

  async writeMany(documents: readonly StoredDocument[]): Promise<readonly BulkOutcome[]> {
    const outcomes = await this.#engine.writeMany(documents, this.#deadline());
    return Promise.all(
      outcomes.map(async (outcome, n): Promise<BulkOutcome> => {
        if (!('failure' in outcome) || !mayBeQueued(outcome.failure)) return outcome;
        try {
          return { result: await this.#queue.accept(documents[n] as StoredDocument) };
        } catch (error) {
          if (error instanceof EngineError) return { failure: error };
          throw error;
        }
      }),
    );
  }

  #deadline(): { readonly deadlineMs?: number } {
    if (this.#untilMs === undefined) return {};
    return { deadlineMs: Math.max(leastWaitMs, this.#untilMs - performance.now()) };
  }
}
