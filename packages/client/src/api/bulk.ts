// Many writes by one caller: cut into requests of bounded size, failed items retried, one result or error for each.
import { isClientError, withOutcome, type ClientError } from '../errors.ts';
import { explicitIndexRefusal } from '../gather/batch.ts';
import { groupBy } from '../gather/group.ts';
import type { OwnDoing } from '../gather/write-freight.ts';
import { errorIn, readJson } from '../json.ts';
import { backoffMs } from '../policy/backoff.ts';
import { readStatus, toEngineError } from '../policy/classify.ts';
import { itemsIn, readItem, toRefusal, toUnreadable } from './answer.ts';
import type { Host } from './host.ts';
import type { BulkRequest, OperationOptions, Refresh, WriteResult } from './types.ts';
import { refence, toBulkLines, type CarriedWrite } from './write.ts';

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

  /** Sends `lines` in requests of bounded size; index by index where entries may not name theirs. */
  async send(lines: readonly Line[], inPath = this.#host.core.indexInPath): Promise<void> {
    const groups = inPath ? groupBy(lines, ({ write }) => write.index).values() : [lines];
    for (const group of groups) for (const part of parts(group)) await this.#sendPart(part, inPath);
  }

  /** Sends `lines`, and again those that failed where that may help, until all are filed. */
  async #sendPart(lines: readonly Line[], inPath: boolean): Promise<void> {
    const { core } = this.#host;
    for (let round = 0, left = lines; left.length > 0; round++) {
      try {
        if (round > 0) await this.#pause(round);
        left = await this.#once(left, round + 1 < core.options.maxAttempts, inPath);
      } catch (error) {
        if (!isClientError(error)) throw error;
        // Engines that read a bulk as it comes may have carried out what came before the line they refuse.
        if (error.status === 400 && left.length > 1) for (const line of left) line.maybeApplied = true;
        if (!inPath && error.status === 400 && error.engineError?.type === explicitIndexRefusal)
          return this.send(left, true);
        for (const line of left) this.#fail(line, withOutcome(error, line.maybeApplied));
        return;
      }
    }
  }

  async #once(lines: readonly Line[], mayRetry: boolean, inPath: boolean): Promise<readonly Line[]> {
    const { deadlineAt, signal } = this.#until;
    const remainingMs = Math.max(1, Math.ceil(deadlineAt - this.#host.core.time.now()));
    const refresh = this.#refresh === undefined ? '' : `&refresh=${this.#refresh}`;
    const index = inPath && lines[0] ? `/${encodeURIComponent(lines[0].write.index)}` : '';
    const answer = await this.#host.call({
      operation: 'bulk',
      request: {
        method: 'POST',
        path: `${index}/_bulk?timeout=${remainingMs}ms${refresh}`,
        body: lines.map(({ write, text }) => (inPath ? toBulkLines(write, true) : text)).join(''),
        contentType: 'application/x-ndjson',
      },
      safety: lines.every(({ write }) => write.safety === 'replayable') ? 'replayable' : 'once',
      deadlineAt,
      signal,
      gated: true,
    });
    const { status, body } = answer;
    const outcome = answer.maybeApplied ? 'unknown' : 'none';
    if (status >= 300) throw toRefusal('bulk', status, errorIn(body), { outcome });
    if (inPath) this.#host.core.indexInPath = true;
    const items = itemsIn(status === 200 ? readJson(body, false) : undefined, lines.length);
    const again: Line[] = [];
    for (const [i, line] of lines.entries()) {
      line.attempts += answer.attempts;
      if (answer.maybeApplied) line.maybeApplied = true;
      const reading = readItem(line.write, items?.[i], line.attempts);
      if (reading.kind === 'done') this.items[line.at] = { ok: true, ...reading.result };
      else if (reading.kind === 'unreadable') this.#fail(line, toUnreadable(line.write.op, status, 'unknown'));
      else if ((await this.#settle(line, reading.status, reading.error)) && mayRetry) again.push(line);
    }
    return again;
  }

  /** Files the failure of one item; true when it is worth sending again. */
  async #settle(line: Line, status: number, error: unknown): Promise<boolean> {
    const { write } = line;
    const { retryStatuses } = this.#host.core.options;
    const reading = readStatus(status, write.safety, retryStatuses, () => toEngineError(error)?.type);
    if (reading.maybeApplied) line.maybeApplied = true;
    const outcome = line.maybeApplied ? 'unknown' : 'none';
    this.#fail(line, toRefusal(write.op, status, error, { outcome }));
    if (status !== 409) return reading.verdict === 'retry';
    if (refence(line, error, this.#host.core.fences)) return true;
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
  await one.send(one.toLines(request));
  const items = one.items.filter((item) => item !== undefined);
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
