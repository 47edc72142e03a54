// Writes of others gathered into one bulk: each gets the engine's own object of its item. What the engine refuses is sent by
// itself, because the answer to a request of its own says more than an item does.
import type { Core } from '../call/core.ts';
import type { ItemFailure } from '../formats/item.ts';
import type { Write } from '../formats/write.ts';
import { BulkBatchFormat } from '../gather/bulk-batch-format.ts';
import type { Until } from '../gather/write-batch.ts';
import { isObject, parseExact } from '../json/json.ts';
import { withOutcome, type ClientError } from '../model/errors.ts';
import type { WriteResult } from '../model/operations.ts';
import type { ForwardEntry, WriteAnswer } from './write-entry.ts';

/** The answer to a write that conflicted with its own earlier attempt; undefined when that cannot be shown. */
export type ResolveOwn = (write: Write, until: Until) => Promise<WriteAnswer | undefined>;

export class ForwardWriteFormat extends BulkBatchFormat<ForwardEntry> {
  readonly #resolveOwn: ResolveOwn;

  constructor(core: Core, resolveOwn: ResolveOwn) {
    super(core);
    this.#resolveOwn = resolveOwn;
  }

  fail(entry: ForwardEntry, error: ClientError): void {
    // The engine refused the bulk, not this write: with an answer of its own the application sees what it would see without us.
    const isRefusal =
      error.code !== 'unavailable' && error.status !== undefined && error.status < 500 && error.outcome === 'none';
    if (isRefusal && !entry.maybeApplied && entry.copies === 0) entry.done('alone');
    else entry.fail(withOutcome(error, entry.maybeApplied));
  }

  protected readBody(body: Buffer): unknown {
    return readExactly(body);
  }

  protected acknowledge(entry: ForwardEntry, _: WriteResult, item: unknown): void {
    entry.done(answerOf(entry.write, item));
  }

  protected settleFailure(entry: ForwardEntry, failure: ItemFailure): void {
    const isConflict = failure.kind === 'conflict';
    const sendAlone = (): void => entry.done('alone');
    // A refusal says that this very attempt did nothing; a conflict may be with an attempt before it.
    if (failure.kind === 'refused' || (isConflict && !entry.maybeApplied)) return sendAlone();
    if (!isConflict) return entry.fail(failure.toError());
    // The engine says it once more that a newer one is there, which an earlier attempt of this write cannot be.
    const isNewer = entry.write.fence !== undefined;
    void this.#resolveOwn(entry.write, entry).then(
      (answer) => {
        if (answer) entry.done(answer);
        else if (isNewer) sendAlone();
        else entry.fail(failure.toError());
      },
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
