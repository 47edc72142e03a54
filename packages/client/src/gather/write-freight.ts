// Single-document writes travelling as one _bulk: each entry gets the answer of its own item.
import type { CallAnswer, Core } from '../call/core.ts';
import { withOutcome, type ClientError } from '../errors.ts';
import { readJson } from '../json.ts';
import { readStatus, toEngineError } from '../policy/classify.ts';
import { itemsIn, readItem, toRefusal, toUnreadable } from '../api/answer.ts';
import type { WriteResult } from '../api/types.ts';
import { refence, toBulkLines, type CarriedWrite, type Write } from '../api/write.ts';
import { Entry, type EntryAbout } from './entry.ts';
import type { Freight, Load } from './lane.ts';

export class WriteEntry extends Entry<WriteResult> implements CarriedWrite {
  write: Write;
  text: string;

  constructor(
    core: Core,
    write: Write,
    about: Pick<EntryAbout, 'laneKey' | 'deadlineAt' | 'signal'>,
    resolve: (result: WriteResult) => void,
    reject: (error: ClientError) => void,
  ) {
    const text = toBulkLines(write);
    super(core, { operation: write.op, isWrite: true, bytes: text.length, ...about }, resolve, reject);
    this.write = write;
    this.text = text;
  }
}

/** Finds out whether a conflict is with the entry's own earlier attempt; undefined when that cannot be shown. */
export type OwnDoing = (
  write: Write,
  attempts: number,
  until: { readonly deadlineAt: number; readonly signal: AbortSignal | undefined },
) => Promise<WriteResult | undefined>;

export class WriteFreight implements Freight<WriteEntry> {
  readonly kind = 'write';
  readonly #core: Core;
  readonly #ownDoing: OwnDoing;

  constructor(core: Core, ownDoing: OwnDoing) {
    this.#core = core;
    this.#ownDoing = ownDoing;
  }

  pathOf({ write }: WriteEntry): string {
    return encodeURIComponent(write.index);
  }

  load(entries: readonly WriteEntry[], deadlineAt: number, inPath: boolean): Load {
    let body = '';
    for (const entry of entries) body += inPath ? toBulkLines(entry.write, true) : entry.text;
    const timeoutMs = Math.max(1, Math.ceil(deadlineAt - this.#core.time.now()));
    const index = inPath && entries[0] ? `/${this.pathOf(entries[0])}` : '';
    const path = `${index}/_bulk?timeout=${timeoutMs}ms`;
    return {
      operation: 'bulk',
      request: { method: 'POST', path, body, contentType: 'application/x-ndjson' },
      safety: 'replayable',
    };
  }

  unload(entries: readonly WriteEntry[], { status, body }: CallAnswer): readonly WriteEntry[] {
    const items = itemsIn(status === 200 ? readJson(body, false) : undefined, entries.length);
    const again: WriteEntry[] = [];
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      if (!entry || entry.ended) continue;
      const reading = readItem(entry.write, items?.[i], entry.attempts);
      if (reading.kind === 'done') entry.done(reading.result);
      else if (reading.kind === 'refused') this.#settle(entry, reading.status, reading.error, again);
      else entry.fail(toUnreadable(entry.operation, status, 'unknown'));
    }
    return again;
  }

  refuse(entry: WriteEntry, error: ClientError): void {
    entry.fail(withOutcome(error, entry.maybeApplied));
  }

  #settle(entry: WriteEntry, status: number, error: unknown, again: WriteEntry[]): void {
    const { write } = entry;
    const { options, fences } = this.#core;
    const reading = readStatus(status, write.safety, options.retryStatuses, () => toEngineError(error)?.type);
    if (reading.maybeApplied) entry.maybeApplied = true;
    const mayRetry = entry.attempts < options.maxAttempts;
    if (mayRetry && (reading.verdict === 'retry' || (status === 409 && refence(entry, error, fences))))
      return void again.push(entry);
    const refusal = toRefusal(write.op, status, error, { outcome: entry.maybeApplied ? 'unknown' : 'none' });
    if (status !== 409 || !entry.maybeApplied) return entry.fail(refusal);
    void this.#ownDoing(write, entry.attempts, entry).then(
      (own) => (own ? entry.done(own) : entry.fail(refusal)),
      () => entry.fail(refusal),
    );
  }
}
