// Single-document writes gathered into one bulk: each entry gets the answer of its own item.
import type { CallAnswer, Core } from '../call/core.ts';
import { bulkRequest, readBulkItem, renewFence, toBulkLines, type BulkWrite } from '../formats/bulk.ts';
import { itemsIn, settleItem, type ItemFailure } from '../formats/item.ts';
import type { Write } from '../formats/write.ts';
import { readJson } from '../json/json.ts';
import { withOutcome, type ClientError } from '../model/errors.ts';
import type { WriteResult } from '../model/operations.ts';
import type { BatchFormat, BatchRequest } from './batch-format.ts';
import { Entry, type EntryAbout } from './entry.ts';

export class WriteEntry extends Entry<WriteResult> implements BulkWrite {
  write: Write;
  lines: string;

  constructor(
    core: Core,
    write: Write,
    about: Pick<EntryAbout, 'laneKey' | 'deadlineAt' | 'signal'>,
    resolve: (result: WriteResult) => void,
    reject: (error: ClientError) => void,
  ) {
    const lines = toBulkLines(write);
    super(core, { operation: write.op, isWrite: true, bytes: lines.length, ...about }, resolve, reject);
    this.write = write;
    this.lines = lines;
  }
}

/** When an operation must end: at its deadline, or when its caller aborts it. */
export interface Until {
  readonly deadlineAt: number;
  readonly signal: AbortSignal | undefined;
}

/** Finds out whether a write conflicted with its own earlier attempt: its result then, undefined when that cannot be shown. */
export type ResolveConflict = (write: Write, attempts: number, until: Until) => Promise<WriteResult | undefined>;

export class WriteBatchFormat implements BatchFormat<WriteEntry> {
  readonly kind = 'write';
  readonly #core: Core;
  readonly #resolveConflict: ResolveConflict;

  constructor(core: Core, resolveConflict: ResolveConflict) {
    this.#core = core;
    this.#resolveConflict = resolveConflict;
  }

  indexInPath({ write }: WriteEntry): string {
    return encodeURIComponent(write.index);
  }

  toRequest(entries: readonly WriteEntry[], deadlineAt: number, inPath: boolean): BatchRequest {
    const request = bulkRequest(entries, deadlineAt - this.#core.time.now(), inPath);
    return { operation: 'bulk', request, safety: 'replayable' };
  }

  settle(entries: readonly WriteEntry[], { status, body }: CallAnswer): readonly WriteEntry[] {
    const items = itemsIn(status === 200 ? readJson(body, false) : undefined, 'items', entries.length);
    const { retryStatuses } = this.#core.options;
    const again: WriteEntry[] = [];
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      if (!entry || entry.ended) continue;
      const { write, maybeApplied } = entry;
      const reading = readBulkItem(write, items?.[i], entry.attempts);
      const operation = { name: write.op, safety: write.safety, maybeApplied };
      const outcome = settleItem(reading, operation, status, retryStatuses);
      if (outcome.kind === 'done') entry.done(outcome.result);
      else this.#settleFailure(entry, outcome, again);
    }
    return again;
  }

  fail(entry: WriteEntry, error: ClientError): void {
    entry.fail(withOutcome(error, entry.maybeApplied));
  }

  #settleFailure(entry: WriteEntry, failure: ItemFailure, again: WriteEntry[]): void {
    const { options, fences } = this.#core;
    entry.maybeApplied = failure.maybeApplied;
    const isConflict = failure.kind === 'conflict';
    if (entry.attempts < options.maxAttempts) {
      if (failure.isRetryable || (isConflict && renewFence(entry, failure.engineError, fences)))
        return void again.push(entry);
    }
    const error = failure.toError();
    if (!isConflict || !entry.maybeApplied) return entry.fail(error);
    void this.#resolveConflict(entry.write, entry.attempts, entry).then(
      (result) => (result ? entry.done(result) : entry.fail(error)),
      () => entry.fail(error),
    );
  }
}
