// Many writes by one caller: cut into requests of bounded size, failed items retried, one result or error for each.
import { ClientError, isClientError, withOutcome } from '../errors.ts';
import type { Host } from './host.ts';
import { parseBody } from './read.ts';
import { readStatus, toEngineError } from '../policy/classify.ts';
import { backoffMs } from '../policy/backoff.ts';
import type { OwnDoing } from '../gather/write-freight.ts';
import type { BulkRequest, OperationOptions, Refresh, WriteResult } from './types.ts';
import { refence, toBulkLines, toRefusal, toResult, type CarriedWrite, type EngineItem } from './write.ts';

/** One item of a bulk: a result, or the error it would have had as an operation of its own. */
export type BulkItem =
  | ({ readonly ok: true } & WriteResult)
  | { readonly ok: false; readonly index: string; readonly id: string; readonly error: ClientError };

export interface BulkResult {
  /** One for each operation, in their order. */
  readonly items: readonly BulkItem[];
  readonly failed: number;
}

interface Line extends CarriedWrite {
  readonly at: number;
  /** A request that carried it may have been applied without a proof. */
  maybeApplied: boolean;
  attempts: number;
}

interface EngineBulk {
  readonly items?: readonly Readonly<Record<string, EngineItem>>[];
  readonly error?: unknown;
}

const maxBytes = 8 * 1024 * 1024;
const maxCount = 5000;
const budgetPollMs = 50;

/** One bulk of one caller under way. */
class Bulk {
  readonly #host: Host;
  readonly #ownDoing: OwnDoing;
  readonly #refresh: Refresh | undefined;
  readonly #until: Parameters<OwnDoing>[2];
  readonly items: (BulkItem | undefined)[];

  constructor(host: Host, ownDoing: OwnDoing, request: BulkRequest, options: OperationOptions) {
    this.#host = host;
    this.#ownDoing = ownDoing;
    this.#refresh = request.refresh;
    this.#until = { deadlineAt: host.deadlineAt(options), signal: options.signal };
    this.items = request.operations.map(() => undefined);
  }

  /** What can be sent; an operation that cannot is filed as failed. */
  toLines(request: BulkRequest): readonly Line[] {
    const lines: Line[] = [];
    request.operations.forEach((operation, at) => {
      try {
        const write = this.#host.toWrite(operation);
        lines.push({ at, write, text: toBulkLines(write), maybeApplied: false, attempts: 0 });
      } catch (error) {
        if (!isClientError(error)) throw error;
        this.items[at] = { ok: false, index: operation.index, id: operation.id ?? '', error };
      }
    });
    return lines;
  }

  /** Sends `lines`, and again those that failed where that may help, until all are filed. */
  async send(lines: readonly Line[]): Promise<void> {
    const { core } = this.#host;
    for (let round = 0, left = lines; left.length > 0; round++) {
      try {
        if (round > 0) await this.#pause(round);
        left = await this.#once(left, round + 1 < core.options.maxAttempts);
      } catch (error) {
        if (!isClientError(error)) throw error;
        for (const line of left) this.#fail(line, withOutcome(error, line.maybeApplied));
        return;
      }
    }
  }

  async #once(lines: readonly Line[], mayRetry: boolean): Promise<readonly Line[]> {
    const { deadlineAt, signal } = this.#until;
    const remainingMs = Math.max(1, Math.ceil(deadlineAt - this.#host.core.time.now()));
    const refresh = this.#refresh === undefined ? '' : `&refresh=${this.#refresh}`;
    const answer = await this.#host.call({
      operation: 'bulk',
      request: {
        method: 'POST',
        path: `/_bulk?timeout=${remainingMs}ms${refresh}`,
        body: lines.map((line) => line.text).join(''),
        contentType: 'application/x-ndjson',
      },
      safety: lines.every(({ write }) => write.safety === 'replayable') ? 'replayable' : 'once',
      deadlineAt,
      signal,
      gated: true,
    });
    const body = parseBody('bulk', answer.body) as EngineBulk;
    if (answer.status >= 300) throw toRefusal('bulk', answer.status, body.error);
    const again: Line[] = [];
    for (const [i, line] of lines.entries()) {
      line.attempts += answer.attempts;
      if (answer.maybeApplied) line.maybeApplied = true;
      const item = body.items?.[i]?.[line.write.op];
      if (item && (await this.#settle(line, item)) && mayRetry) again.push(line);
    }
    return again;
  }

  /** Files one item; true when it is worth sending again. */
  async #settle(line: Line, item: EngineItem): Promise<boolean> {
    const { write } = line;
    const status = item.status ?? 500;
    const { retryStatuses } = this.#host.core.options;
    const reading = readStatus(status, write.safety, retryStatuses, () => toEngineError(item.error)?.type);
    const missing = write.op === 'delete' && status === 404 && item.error === undefined;
    if (reading.verdict === 'done' || missing) {
      this.items[line.at] = { ok: true, ...toResult(write, item, line.attempts) };
      return false;
    }
    if (reading.maybeApplied) line.maybeApplied = true;
    const outcome = line.maybeApplied ? 'unknown' : 'none';
    this.#fail(line, toRefusal(write.op, status, item.error, { outcome }));
    if (status !== 409) return reading.verdict === 'retry';
    if (refence(line, item.error, this.#host.core.fences)) return true;
    if (!line.maybeApplied) return false;
    const own = await this.#ownDoing(write, line.attempts, this.#until);
    if (own) this.items[line.at] = { ok: true, ...own };
    return false;
  }

  #fail({ at, write }: Line, error: ClientError): void {
    this.items[at] = { ok: false, index: write.index, id: write.id, error };
  }

  /** Backoff, then a token of the retry budget; the deadline is watched by the request that follows. */
  async #pause(round: number): Promise<void> {
    const { time, options, retryBudget, counters } = this.#host.core;
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void time.after(ms, resolve));
    await sleep(backoffMs(options.backoff, round - 1, () => time.random()));
    while (!retryBudget.withdraw(time.now()) && time.now() < this.#until.deadlineAt) {
      counters.budgetWaits++;
      await sleep(budgetPollMs);
    }
    counters.retries++;
  }
}

export async function bulk(
  host: Host,
  ownDoing: OwnDoing,
  request: BulkRequest,
  options: OperationOptions,
): Promise<BulkResult> {
  const one = new Bulk(host, ownDoing, request, options);
  for (const part of parts(one.toLines(request))) await one.send(part);
  const items = one.items.map((item) => {
    if (!item)
      throw new ClientError('bad-response', 'bulk: the engine answered fewer items than it was sent.', {
        outcome: 'unknown',
      });
    return item;
  });
  return { items, failed: items.filter((item) => !item.ok).length };
}

function* parts(lines: readonly Line[]): Generator<readonly Line[]> {
  let part: Line[] = [];
  let bytes = 0;
  for (const line of lines) {
    if (part.length > 0 && (part.length >= maxCount || bytes + line.text.length > maxBytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(line);
    bytes += line.text.length;
  }
  if (part.length > 0) yield part;
}
