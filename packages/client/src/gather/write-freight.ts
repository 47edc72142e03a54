// Single-document writes travelling as one _bulk: each entry gets the answer of its own item.
import type { CallAnswer, Core } from '../call/core.ts';
import { ClientError, withOutcome } from '../errors.ts';
import { readStatus, toEngineError } from '../policy/classify.ts';
import type { WriteResult } from '../api/types.ts';
import { parseBody } from '../api/read.ts';
import {
  refence,
  toBulkLines,
  toRefusal,
  toResult,
  type CarriedWrite,
  type EngineItem,
  type Write,
} from '../api/write.ts';
import { Entry, type EntryAbout } from './entry.ts';
import type { Freight } from './lane.ts';

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

  load(entries: readonly WriteEntry[], deadlineAt: number): ReturnType<Freight<WriteEntry>['load']> {
    let body = '';
    for (const entry of entries) body += entry.text;
    const timeoutMs = Math.max(1, Math.ceil(deadlineAt - this.#core.time.now()));
    return {
      operation: 'bulk',
      request: { method: 'POST', path: `/_bulk?timeout=${timeoutMs}ms`, body, contentType: 'application/x-ndjson' },
      safety: 'replayable',
    };
  }

  unload(entries: readonly WriteEntry[], answer: CallAnswer): readonly WriteEntry[] {
    let items: readonly Readonly<Record<string, EngineItem>>[];
    try {
      items = (parseBody('bulk', answer.body) as { items?: typeof items }).items ?? [];
    } catch (error) {
      for (const entry of entries) this.refuse(entry, error as ClientError);
      return [];
    }
    const again: WriteEntry[] = [];
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      const item = entry && items[i]?.[entry.write.op];
      if (!entry || entry.ended) continue;
      if (item) this.#settle(entry, item, again);
      else
        entry.fail(
          new ClientError('bad-response', `${entry.write.op}: the engine's bulk answer lacks its item.`, {
            outcome: 'unknown',
          }),
        );
    }
    return again;
  }

  refuse(entry: WriteEntry, error: ClientError): void {
    entry.fail(withOutcome(error, entry.maybeApplied));
  }

  #settle(entry: WriteEntry, item: EngineItem, again: WriteEntry[]): void {
    const { write } = entry;
    const status = item.status ?? 500;
    if (status < 300 || (write.op === 'delete' && status === 404 && item.error === undefined)) {
      return entry.done(toResult(write, item, entry.attempts));
    }
    const { options, fences } = this.#core;
    const reading = readStatus(status, write.safety, options.retryStatuses, () => toEngineError(item.error)?.type);
    if (reading.maybeApplied) entry.maybeApplied = true;
    const mayRetry = entry.attempts < options.maxAttempts;
    if (mayRetry && (reading.verdict === 'retry' || (status === 409 && refence(entry, item.error, fences))))
      return void again.push(entry);
    const refusal = toRefusal(write.op, status, item.error, { outcome: entry.maybeApplied ? 'unknown' : 'none' });
    if (status !== 409 || !entry.maybeApplied) return entry.fail(refusal);
    void this.#ownDoing(write, entry.attempts, entry).then(
      (own) => (own ? entry.done(own) : entry.fail(refusal)),
      () => entry.fail(refusal),
    );
  }
}
