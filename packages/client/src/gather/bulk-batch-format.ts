// What batches of writes have in common, whoever asked for the writes: one bulk for all, each entry judged by its own item, and
// which items are sent again. What an entry is told in the end is its subclass's.
import type { CallAnswer, Core } from '../call/core.ts';
import { bulkRequest, readBulkItem, renewFence, type BulkWrite } from '../formats/bulk.ts';
import { itemsIn, settleItem, type ItemFailure } from '../formats/item.ts';
import type { ClientError } from '../model/errors.ts';
import type { WriteResult } from '../model/operations.ts';
import type { BatchFormat, BatchRequest } from './batch-format.ts';
import type { Entry } from './entry.ts';

export abstract class BulkBatchFormat<E extends Entry<never> & BulkWrite> implements BatchFormat<E> {
  readonly kind = 'write';
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  indexInPath({ write }: E): string {
    return encodeURIComponent(write.index);
  }

  toRequest(entries: readonly E[], deadlineAt: number, inPath: boolean): BatchRequest {
    const request = bulkRequest(entries, deadlineAt - this.#core.time.now(), inPath);
    return { operation: 'bulk', request, safety: 'replayable' };
  }

  settle(entries: readonly E[], { status, body }: CallAnswer): readonly E[] {
    const items = itemsIn(status === 200 ? this.readBody(body) : undefined, 'items', entries.length);
    const { retryStatuses } = this.#core.options;
    const again: E[] = [];
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      if (!entry || entry.ended) continue;
      const { write, maybeApplied } = entry;
      const reading = readBulkItem(write, items?.[i], entry.attempts);
      const operation = { name: write.op, safety: write.safety, maybeApplied };
      const outcome = settleItem(reading, operation, status, retryStatuses);
      if (outcome.kind === 'done') {
        this.acknowledge(entry, outcome.result, items?.[i]);
        continue;
      }
      entry.maybeApplied = outcome.maybeApplied;
      if (this.#isTriedAgain(entry, outcome)) again.push(entry);
      else this.settleFailure(entry, outcome);
    }
    return again;
  }

  /** Renews the fence of an entry that is sent again because of it. */
  #isTriedAgain(entry: E, failure: ItemFailure): boolean {
    const { options, fences } = this.#core;
    if (entry.attempts >= options.maxAttempts) return false;
    return failure.isRetryable || (failure.kind === 'conflict' && renewFence(entry, failure.engineError, fences));
  }

  abstract fail(entry: E, error: ClientError): void;

  /** Undefined for a body that is not JSON. */
  protected abstract readBody(body: Buffer): unknown;
  protected abstract acknowledge(entry: E, result: WriteResult, item: unknown): void;
  /** Ends an entry that is not sent again. */
  protected abstract settleFailure(entry: E, failure: ItemFailure): void;
}
