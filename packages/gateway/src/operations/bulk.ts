// A bulk: sent whole; the items that failed are sent again where that is safe, and their new answers take the place of the old ones.
import {
  isClientError,
  parseExact,
  stringifyExact,
  type CallAnswer,
  type ClientError,
  type Forwarder,
  type ForwardRequest,
} from '@understudy/client/forward';
import { bulkItems, type BulkItem } from './bulk-lines.ts';
import type { Exchange } from './exchange.ts';

/** The answer to a bulk is read here, so it is kept up to this many bytes; a longer one is passed on as it comes. */
const keptAnswerBytes = 32 * 1024 * 1024;
const mostRounds = 8;
const bulkType = /^application\/(?:vnd\.elasticsearch\+)?(?:x-ndjson|json)(?:\s*;|$)/i;
/** Parameters that change what the answer holds. */
const shapesAnswer = /(?:^|&)(?:filter_path|pretty|human|format)(?:=|&|$)/;

/** An item on its way: where it stands in the answer, and whether an earlier request may have applied it. */
interface Pending {
  readonly item: BulkItem;
  readonly at: number;
  maybeApplied: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

export class Bulks {
  readonly #forwarder: Forwarder;
  readonly #pass: (exchange: Exchange) => void;

  constructor(forwarder: Forwarder, pass: (exchange: Exchange) => void) {
    this.#forwarder = forwarder;
    this.#pass = pass;
  }

  carryOut(exchange: Exchange): void {
    const { body, request, target } = exchange;
    const isReadable =
      body.kind === 'kept' &&
      request.headers['content-encoding'] === undefined &&
      bulkType.test(request.headers['content-type'] ?? '') &&
      !shapesAnswer.test(target.query);
    const items = isReadable ? bulkItems(body.bytes) : undefined;
    if (!items || body.kind !== 'kept') return this.#pass(exchange);
    this.#carryOut(exchange, items, body.bytes).catch((error: unknown) => exchange.crash(error));
  }

  async #carryOut(exchange: Exchange, items: readonly BulkItem[], bytes: Buffer): Promise<void> {
    const forward = {
      ...withoutEncoding(exchange.toForward()),
      safety: items.every(({ isSafe }) => isSafe) ? ('replayable' as const) : ('once' as const),
      streamBeyondBytes: keptAnswerBytes,
    };
    const answer = await this.#send(forward, exchange.remainingMs);
    if (isClientError(answer)) return exchange.fail(answer);
    const said = answer.rest || answer.status !== 200 || hasNoErrors(answer.body) ? undefined : readItems(answer.body);
    if (said?.items.length !== items.length) return exchange.answer(answer, answer.attempts);
    const pending = items.map((item, at) => ({ item, at, maybeApplied: answer.maybeApplied }));
    const repaired = await this.#repair(exchange, forward, bytes, said.items, pending);
    if (repaired === 0) return exchange.answer(answer, answer.attempts);
    const { body } = said;
    const merged = stringifyExact({
      ...body,
      errors: said.items.some((item) => itemOf(item)?.['error'] !== undefined),
      took: Math.round(performance.now() - exchange.startedMs),
      items: said.items,
    });
    const text = Buffer.from(merged ?? '');
    const headers = { ...answer.headers, 'content-length': String(text.length) };
    exchange.answer({ status: 200, headers, body: text }, answer.attempts + repaired);
  }

  /** Repeats failed items and puts their new answers into `answers`; how many requests that took. */
  async #repair(
    exchange: Exchange,
    forward: ForwardRequest,
    bytes: Buffer,
    answers: unknown[],
    all: readonly Pending[],
  ): Promise<number> {
    let requests = await this.#confirm(exchange, bytes, answers, all);
    let failed = this.#retryable(all, answers);
    for (let round = 0; failed.length > 0 && round < mostRounds; round++) {
      if (!(await this.#forwarder.mayRetry(round, exchange.remainingMs))) break;
      const body = Buffer.concat(failed.map(({ item }) => bytes.subarray(item.from, item.to)));
      const answer = await this.#send({ ...forward, body, safety: 'replayable' }, exchange.remainingMs);
      requests++;
      if (isClientError(answer) || answer.rest || answer.status !== 200) break;
      const said = readItems(answer.body);
      if (said?.items.length !== failed.length) break;
      for (const [i, one] of failed.entries()) {
        answers[one.at] = said.items[i];
        if (answer.maybeApplied) one.maybeApplied = true;
      }
      requests += await this.#confirm(exchange, bytes, answers, failed);
      failed = this.#retryable(failed, answers);
    }
    return requests;
  }

  /** The items that failed and may be sent again. */
  #retryable(pending: readonly Pending[], answers: readonly unknown[]): readonly Pending[] {
    return pending.filter((one) => {
      const answer = itemOf(answers[one.at]);
      const status = answer?.['status'];
      if (answer?.['error'] === undefined || typeof status !== 'number') return false;
      const { isSafe } = one.item;
      const judgement = this.#forwarder.judgeItem(isSafe ? 'replayable' : 'once', status, answer['error']);
      if (judgement.maybeApplied) one.maybeApplied = true;
      return judgement.isRetryable && isSafe;
    });
  }

  /** Creates that conflict with their own earlier attempt are answered as what they are: created. */
  async #confirm(exchange: Exchange, bytes: Buffer, answers: unknown[], pending: readonly Pending[]): Promise<number> {
    let confirmed = 0;
    for (const { item, at, maybeApplied } of pending) {
      if (!maybeApplied || item.op !== 'create' || itemOf(answers[at])?.['status'] !== 409 || item.hasMore) continue;
      const index = item.index ?? indexOf(exchange.target.path);
      if (index === undefined || item.id === undefined) continue;
      const body = bytes.toString('utf8', item.documentAt, item.to - 1);
      const write = { op: 'create' as const, index, id: item.id, routing: item.routing, body };
      const own = await this.#forwarder.resolveConflict(write, exchange.remainingMs);
      if (!own) continue;
      answers[at] = { create: { ...own.item, status: own.status } };
      confirmed++;
    }
    return confirmed;
  }

  #send(request: ForwardRequest, deadlineMs: number): Promise<CallAnswer | ClientError> {
    return new Promise((resolve) => {
      this.#forwarder.send(
        { ...request, deadlineMs },
        {
          onDone: resolve,
          onError: (error, lastAnswer) => {
            const attempts = error.attempts.length;
            if (!lastAnswer) resolve(error);
            else
              resolve({
                ...lastAnswer,
                node: '',
                request: { ...noRequest, path: request.path },
                attempts,
                maybeApplied: true,
              });
          },
        },
      );
    });
  }
}

const noRequest = { method: 'POST', body: null, contentType: 'application/x-ndjson' } as const;

/** The answer is read here, so it is asked for as plain text. */
function withoutEncoding(forward: ForwardRequest): ForwardRequest {
  const { headers } = forward;
  return {
    ...forward,
    headers: headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== 'accept-encoding'),
  };
}

/** Both engines say so at the beginning; a longer look is not needed for most bulks. */
function hasNoErrors(body: Buffer): boolean {
  return body.toString('latin1', 0, 80).includes('"errors":false');
}

function readItems(bytes: Buffer): { readonly body: Fields; readonly items: unknown[] } | undefined {
  try {
    const body = parseExact(bytes.toString('utf8')) as Fields | null;
    const items = body?.['items'];
    return body && Array.isArray(items) ? { body, items: items as unknown[] } : undefined;
  } catch {
    return undefined;
  }
}

/** What stands in `{"index": …}`. */
function itemOf(item: unknown): Fields | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const [inner] = Object.values(item) as unknown[];
  return typeof inner === 'object' && inner !== null ? (inner as Fields) : undefined;
}

function indexOf(path: string): string | undefined {
  const [, first = '', second] = path.split('/');
  return second === undefined || first.includes('%') ? undefined : first;
}
