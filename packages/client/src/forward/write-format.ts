// Writes of others gathered into one bulk: each gets the engine's own object of its item. What the engine refuses is sent by
// itself, because the answer to a request of its own says more than an item does.
import type { CallAnswer, Core } from '../call/core.ts';
import { bulkRequest, readBulkItem, renewFence } from '../formats/bulk.ts';
import { itemsIn, settleItem, type ItemFailure } from '../formats/item.ts';
import type { Write } from '../formats/write.ts';
import type { BatchFormat, BatchRequest } from '../gather/batch-format.ts';
import type { Until } from '../gather/write-batch.ts';
import { isObject, parseExact } from '../json/json.ts';
import { withOutcome, type ClientError } from '../model/errors.ts';
import type { ForwardEntry, WriteAnswer } from './write-entry.ts';

/** The answer to a write that conflicted with its own earlier attempt; undefined when that cannot be shown. */
export type ResolveOwn = (write: Write, until: Until) => Promise<WriteAnswer | undefined>;

export class ForwardWriteFormat implements BatchFormat<ForwardEntry> {
  readonly kind = 'write';
  readonly #core: Core;
  readonly #resolveOwn: ResolveOwn;

  constructor(core: Core, resolveOwn: ResolveOwn) {
    this.#core = core;
    this.#resolveOwn = resolveOwn;
  }

  indexInPath({ write }: ForwardEntry): string {
    return encodeURIComponent(write.index);
  }

  toRequest(entries: readonly ForwardEntry[], deadlineAt: number, inPath: boolean): BatchRequest {
    const request = bulkRequest(entries, deadlineAt - this.#core.time.now(), inPath);
    return { operation: 'bulk', request, safety: 'replayable' };
  }

  settle(entries: readonly ForwardEntry[], { status, body }: CallAnswer): readonly ForwardEntry[] {
    const items = itemsIn(status === 200 ? readExactly(body) : undefined, 'items', entries.length);
    const { retryStatuses } = this.#core.options;
    const again: ForwardEntry[] = [];
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      if (!entry || entry.ended) continue;
      const { write, maybeApplied } = entry;
      const reading = readBulkItem(write, items?.[i], entry.attempts);
      const operation = { name: write.op, safety: write.safety, maybeApplied };
      const outcome = settleItem(reading, operation, status, retryStatuses);
      if (outcome.kind === 'done') entry.done(answerOf(write, items?.[i]));
      else this.#settleFailure(entry, outcome, again);
    }
    return again;
  }

  fail(entry: ForwardEntry, error: ClientError): void {
    // The engine refused the bulk, not this write: with an answer of its own the application sees what it would see without us.
    const isRefusal =
      error.code !== 'unavailable' && error.status !== undefined && error.status < 500 && error.outcome === 'none';
    if (isRefusal && !entry.maybeApplied && entry.copies === 0) entry.done('alone');
    else entry.fail(withOutcome(error, entry.maybeApplied));
  }

  #settleFailure(entry: ForwardEntry, failure: ItemFailure, again: ForwardEntry[]): void {
    const { options, fences } = this.#core;
    entry.maybeApplied = failure.maybeApplied;
    const isConflict = failure.kind === 'conflict';
    if (entry.attempts < options.maxAttempts) {
      if (failure.isRetryable || (isConflict && renewFence(entry, failure.engineError, fences)))
        return void again.push(entry);
    }
    const sendAlone = (): void => entry.done('alone');
    // A refusal says that this very attempt did nothing; a conflict may be with an attempt before it.
    if (failure.kind === 'refused' || (isConflict && !entry.maybeApplied)) return sendAlone();
    if (!isConflict) return entry.fail(failure.toError());
    void this.#resolveOwn(entry.write, entry).then(
      (answer) => (answer ? entry.done(answer) : sendAlone()),
      () => entry.fail(failure.toError()),
    );
  }
}

function readExactly(body: Buffer): unknown {
  try {
    return parseExact(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The object of an item that acknowledged its write. */
function answerOf(write: Write, item: unknown): WriteAnswer {
  const object = isObject(item) ? item[write.op] : undefined;
  const { status, ...rest } = (isObject(object) ? object : {}) as { status?: number };
  return { status: status ?? 200, item: rest };
}
