// The items of a bulk that failed: sent again where that is safe, until they succeed or the retries end.
import {
  isClientError,
  repeatableInOrder,
  type CallAnswer,
  type ClientError,
  type Forwarder,
  type Safety,
} from '@understudy/client/forward';
import { unclearConflict } from '../errors.ts';
import { cutAnswer, failureOf, itemAnswer, statusOf, type ItemAnswer } from './bulk-answer.ts';
import { refusedItem } from './bulk-failures.ts';
import { indexOf, joined, type Pending } from './bulk-parts.ts';
import type { Exchange } from './exchange.ts';

const mostRounds = 8;

/** Sends lines of a bulk as a request of its own. */
export type SendLines = (body: Buffer, safety: Safety) => Promise<CallAnswer | ClientError>;

export class BulkRepair {
  readonly #forwarder: Forwarder;
  readonly #exchange: Exchange;
  readonly #bytes: Buffer;
  readonly #answers: ItemAnswer[];

  /** @param answers of all items; what is repeated gets its new answer there. */
  constructor(forwarder: Forwarder, exchange: Exchange, bytes: Buffer, answers: ItemAnswer[]) {
    this.#forwarder = forwarder;
    this.#exchange = exchange;
    this.#bytes = bytes;
    this.#answers = answers;
  }

  /** Repeats what failed; how many requests that took. */
  async run(all: readonly Pending[], send: SendLines): Promise<number> {
    let requests = await this.#confirm(all);
    let failed = this.#retryable(all);
    for (let round = 0; failed.length > 0 && round < mostRounds; round++) {
      if (!(await this.#forwarder.mayRetry(round, this.#exchange.remainingMs)) || this.#exchange.isGone) break;
      const answer = await send(joined(failed, this.#bytes), 'replayable');
      requests++;
      if (isClientError(answer) || answer.rest || answer.status !== 200) break;
      const said = cutAnswer(answer.body);
      if (said?.items.length !== failed.length) break;
      for (const [i, one] of failed.entries()) {
        this.#answers[one.at] = said.items[i] as ItemAnswer;
        if (answer.maybeApplied) one.maybeApplied = true;
      }
      requests += await this.#confirm(failed);
      failed = this.#retryable(failed);
    }
    this.#tellUnclear(all);
    return requests;
  }

  /** A conflict that may be with an item's own earlier attempt says nothing about what became of it. */
  #tellUnclear(pending: readonly Pending[]): void {
    for (const { item, at, maybeApplied } of pending)
      if (maybeApplied && !item.hasOwnVersion && statusOf(this.#answers[at] as ItemAnswer) === 409)
        this.#answers[at] = refusedItem(item, unclearConflict, this.#exchange);
  }

  /** The items that failed and may be sent again. */
  #retryable(pending: readonly Pending[]): readonly Pending[] {
    return repeatableInOrder(
      pending,
      ({ item }) => item.id,
      (one) => this.#isRetryable(one),
    );
  }

  #isRetryable(one: Pending): boolean {
    const failure = one.isFinal ? undefined : failureOf(this.#answers[one.at] as ItemAnswer);
    if (!failure) return false;
    const { isSafe } = one.item;
    const judgement = this.#forwarder.judgeItem(isSafe ? 'replayable' : 'once', failure.status, failure.error);
    if (judgement.maybeApplied) one.maybeApplied = true;
    return judgement.isRetryable && isSafe;
  }

  /** Creates that conflict with their own earlier attempt are answered as what they are: created. */
  async #confirm(pending: readonly Pending[]): Promise<number> {
    let confirmed = 0;
    for (const { item, at, maybeApplied } of pending) {
      if (!maybeApplied || item.op !== 'create' || item.hasMore) continue;
      if (statusOf(this.#answers[at] as ItemAnswer) !== 409) continue;
      const index = item.index ?? indexOf(this.#exchange.target.path);
      if (index === undefined || item.id === undefined) continue;
      const body = this.#bytes.toString('utf8', item.documentAt, item.to - 1);
      const write = { op: 'create' as const, index, id: item.id, routing: item.routing, body };
      const own = await this.#forwarder.resolveConflict(write, this.#exchange.remainingMs);
      if (!own) continue;
      this.#answers[at] = itemAnswer('create', { ...own.item, status: own.status });
      confirmed++;
    }
    return confirmed;
  }
}
