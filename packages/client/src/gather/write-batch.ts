// Single-document writes gathered into one bulk: each entry gets the answer of its own item.
import type { Core } from '../call/core.ts';
import { toBulkLines, type BulkWrite } from '../formats/bulk.ts';
import type { ItemFailure } from '../formats/item.ts';
import type { Write } from '../formats/write.ts';
import { readJson } from '../json/json.ts';
import { withOutcome, type ClientError } from '../model/errors.ts';
import type { WriteResult } from '../model/operations.ts';
import { BulkBatchFormat } from './bulk-batch-format.ts';
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

export class WriteBatchFormat extends BulkBatchFormat<WriteEntry> {
  readonly #resolveConflict: ResolveConflict;

  constructor(core: Core, resolveConflict: ResolveConflict) {
    super(core);
    this.#resolveConflict = resolveConflict;
  }

  fail(entry: WriteEntry, error: ClientError): void {
    entry.fail(withOutcome(error, entry.maybeApplied));
  }

  protected readBody(body: Buffer): unknown {
    return readJson(body, false);
  }

  protected acknowledge(entry: WriteEntry, result: WriteResult): void {
    entry.done(result);
  }

  protected settleFailure(entry: WriteEntry, failure: ItemFailure): void {
    const error = failure.toError();
    if (failure.kind !== 'conflict' || !entry.maybeApplied) return entry.fail(error);
    void this.#resolveConflict(entry.write, entry.attempts, entry).then(
      (result) => (result ? entry.done(result) : entry.fail(error)),
      () => entry.fail(error),
    );
  }
}
