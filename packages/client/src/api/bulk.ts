// Many writes by one caller: cut into requests of bounded size, failed items retried, one result or error for each.
import { bulkRequest, readBulkItem, renewFence, toBulkLines, type BulkWrite } from '../formats/bulk.ts';
import { itemsIn, settleItem, type ItemFailure } from '../formats/item.ts';
import { explicitIndexRefusal, toRefusal } from '../formats/refusal.ts';
import { groupBy } from '../gather/group.ts';
import type { ResolveConflict, Until } from '../gather/write-batch.ts';
import { errorIn, readJson } from '../json/json.ts';
import { isClientError, withOutcome, type ClientError } from '../model/errors.ts';
import type { BulkItem, BulkRequest, BulkResult, OperationOptions, Refresh } from '../model/operations.ts';
import { backoffMs } from '../policy/backoff.ts';
import { repeatableInOrder } from '../policy/bulk-order.ts';
import type { Executor } from './executor.ts';

interface Item extends BulkWrite {
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
  readonly #executor: Executor;
  readonly #resolveConflict: ResolveConflict;
  readonly #refresh: Refresh | undefined;
  readonly #until: Until;
  readonly results: (BulkItem | undefined)[];

  constructor(executor: Executor, resolveConflict: ResolveConflict, request: BulkRequest, options: OperationOptions) {
    this.#executor = executor;
    this.#resolveConflict = resolveConflict;
    this.#refresh = request.refresh;
    this.#until = { deadlineAt: executor.deadlineAt(options), signal: options.signal };
    this.results = request.operations.map(() => undefined);
  }

  /** What can be sent; an operation that cannot gets its error as result. */
  toItems(request: BulkRequest): readonly Item[] {
    const items: Item[] = [];
    request.operations.forEach((operation, at) => {
      try {
        const write = this.#executor.toWrite(operation);
        items.push({ at, write, lines: toBulkLines(write), maybeApplied: false, attempts: 0 });
      } catch (error) {
        if (!isClientError(error)) throw error;
        this.results[at] = { ok: false, index: operation.index, id: operation.id ?? '', error };
      }
    });
    return items;
  }

  /** Sends `items` in requests of bounded size; index by index where entries may not name theirs. */
  async send(items: readonly Item[], inPath = this.#executor.core.indexInPath): Promise<void> {
    const groups = inPath ? groupBy(items, ({ write }) => write.index).values() : [items];
    for (const group of groups) for (const part of parts(group)) await this.#sendPart(part, inPath);
  }

  /** Sends `items`, and again those that failed where that may help, until all have a result. */
  async #sendPart(items: readonly Item[], inPath: boolean): Promise<void> {
    const { core } = this.#executor;
    for (let round = 0, left = items; left.length > 0; round++) {
      try {
        if (round > 0) await this.#pause(round);
        left = await this.#once(left, round + 1 < core.options.maxAttempts, inPath);
      } catch (error) {
        if (!isClientError(error)) throw error;
        // Engines that read a bulk as a stream may have executed the lines before the one they refuse.
        if (error.status === 400 && left.length > 1) for (const item of left) item.maybeApplied = true;
        if (!inPath && error.status === 400 && error.engineError?.type === explicitIndexRefusal)
          return this.send(left, true);
        for (const item of left) this.#fail(item, withOutcome(error, item.maybeApplied));
        return;
      }
    }
  }

  async #once(items: readonly Item[], mayRetry: boolean, inPath: boolean): Promise<readonly Item[]> {
    const { deadlineAt, signal } = this.#until;
    const answer = await this.#executor.call({
      operation: 'bulk',
      request: bulkRequest(items, deadlineAt - this.#executor.core.time.now(), inPath, this.#refresh),
      safety: items.every(({ write }) => write.safety === 'replayable') ? 'replayable' : 'once',
      deadlineAt,
      signal,
      gated: true,
    });
    const { status, body } = answer;
    const outcome = answer.maybeApplied ? 'unknown' : 'none';
    if (status >= 300) throw toRefusal('bulk', status, errorIn(body), { outcome });
    if (inPath) this.#executor.core.indexInPath = true;
    const answers = itemsIn(status === 200 ? readJson(body, false) : undefined, 'items', items.length);
    const worth = new Set<Item>();
    for (const [i, item] of items.entries()) {
      item.attempts += answer.attempts;
      if (answer.maybeApplied) item.maybeApplied = true;
      const failure = this.#settle(item, answers?.[i], status);
      if (failure && (await this.#isWorthRetrying(item, failure)) && mayRetry) worth.add(item);
    }
    return repeatableInOrder(
      items,
      ({ write }) => write.id,
      (item) => worth.has(item),
    );
  }

  /** Keeps the result or the error of one item; the failure when it failed. */
  #settle(item: Item, answer: unknown, status: number): ItemFailure | undefined {
    const { write, maybeApplied, attempts } = item;
    const operation = { name: write.op, safety: write.safety, maybeApplied };
    const { retryStatuses } = this.#executor.core.options;
    const outcome = settleItem(readBulkItem(write, answer, attempts), operation, status, retryStatuses);
    if (outcome.kind === 'done') {
      this.results[item.at] = { ok: true, ...outcome.result };
      return undefined;
    }
    item.maybeApplied = outcome.maybeApplied;
    this.#fail(item, outcome.toError());
    return outcome;
  }

  /** Whether a failed item should be sent again; a conflict with its own earlier attempt becomes a result instead. */
  async #isWorthRetrying(item: Item, failure: ItemFailure): Promise<boolean> {
    if (failure.kind !== 'conflict') return failure.kind === 'retry';
    if (renewFence(item, failure.engineError, this.#executor.core.fences)) return true;
    if (!item.maybeApplied) return false;
    const result = await this.#resolveConflict(item.write, item.attempts, this.#until);
    if (result) this.results[item.at] = { ok: true, ...result };
    return false;
  }

  #fail({ at, write }: Item, error: ClientError): void {
    this.results[at] = { ok: false, index: write.index, id: write.id, error };
  }

  /** Backoff, then a token of the retry budget; the request that follows keeps the deadline. */
  async #pause(round: number): Promise<void> {
    const { time, options, retryBudget, counters } = this.#executor.core;
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
  executor: Executor,
  resolveConflict: ResolveConflict,
  request: BulkRequest,
  options: OperationOptions,
): Promise<BulkResult> {
  const one = new Bulk(executor, resolveConflict, request, options);
  await one.send(one.toItems(request));
  const items = one.results.filter((item) => item !== undefined);
  return { items, failed: items.filter((item) => !item.ok).length };
}

function* parts(items: readonly Item[]): Generator<readonly Item[]> {
  let part: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    if (part.length > 0 && (part.length >= maxCount || bytes + item.lines.length > maxBytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(item);
    bytes += item.lines.length;
  }
  if (part.length > 0) yield part;
}
