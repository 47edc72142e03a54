// A bulk: sent whole, or divided by the nodes of the primaries; the items that failed are sent again where that is safe, and their new
// answers take the place of the old ones.
import {
  isClientError,
  type CallAnswer,
  type ClientError,
  type Forwarder,
  type ForwardRequest,
} from '@understudy/client/forward';
import { cutAnswer, failureOf, joinAnswer, tookOf, type ItemAnswer } from './bulk-answer.ts';
import { failedItems } from './bulk-failures.ts';
import { bulkItems, type BulkItem } from './bulk-lines.ts';
import { divided, whole, type Part } from './bulk-parts.ts';
import { BulkRepair } from './bulk-repair.ts';
import type { Exchange } from './exchange.ts';

/** The answer to a bulk is read here, so it is kept up to this many bytes; a longer one is passed on as it comes. */
const keptAnswerBytes = 32 * 1024 * 1024;
const bulkType = /^application\/(?:vnd\.elasticsearch\+)?(?:x-ndjson|json)(?:\s*;|$)/i;
/** Parameters that change what the answer holds. */
const shapesAnswer = /(?:^|&)(?:filter_path|pretty|human|format)(?:=|&|$)/;

type Outcome = CallAnswer | ClientError;

export class Bulks {
  readonly #forwarder: Forwarder;
  readonly #divideFrom: number;
  readonly #pass: (exchange: Exchange) => void;

  /** @param divideFrom so many items are divided; 0 for never. */
  constructor(forwarder: Forwarder, divideFrom: number, pass: (exchange: Exchange) => void) {
    this.#forwarder = forwarder;
    this.#divideFrom = divideFrom;
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
    const mayDivide = this.#divideFrom > 0 && items.length >= this.#divideFrom;
    const parts = mayDivide ? divided(exchange, items, body.bytes, this.#forwarder) : undefined;
    const done = parts
      ? this.#sendParts(exchange, items, body.bytes, parts)
      : this.#sendWhole(exchange, items, body.bytes);
    done.catch((error: unknown) => exchange.crash(error));
  }

  async #sendWhole(exchange: Exchange, items: readonly BulkItem[], bytes: Buffer): Promise<void> {
    const forward = plainForward(exchange);
    const part = whole(items, bytes);
    const { safety } = part;
    const answer = await this.#send({ ...forward, safety, streamBeyondBytes: keptAnswerBytes }, exchange);
    if (isClientError(answer)) return exchange.fail(answer);
    const said = answer.rest || answer.status !== 200 || hasNoErrors(answer.body) ? undefined : cutAnswer(answer.body);
    if (said?.items.length !== items.length) return exchange.answer(answer, answer.attempts);
    if (answer.maybeApplied) for (const one of part.pending) one.maybeApplied = true;
    const answers = [...said.items];
    const repaired = await this.#repair(exchange, forward, bytes, answers, part);
    const isUnchanged = answers.every((item, at) => item === said.items[at]);
    if (isUnchanged) return exchange.answer(answer, answer.attempts + repaired);
    const tookMs = Math.round(performance.now() - exchange.startedMs);
    answerWith(exchange, [answer], joinAnswer(said, answers, tookMs), answer.attempts + repaired);
  }

  async #sendParts(
    exchange: Exchange,
    items: readonly BulkItem[],
    bytes: Buffer,
    parts: readonly Part[],
  ): Promise<void> {
    const forward = plainForward(exchange);
    const answers: ItemAnswer[] = new Array<ItemAnswer>(items.length);
    const outcomes = await Promise.all(
      parts.map(async (part) => {
        const { body, safety, node: preferNode } = part;
        const request = { ...forward, body, safety, preferNode, streamBeyondBytes: Infinity };
        const outcome = await this.#send(request, exchange);
        const said = isAnswered(outcome) ? cutAnswer(outcome.body) : undefined;
        const isWhole = said?.items.length === part.pending.length;
        const own = isWhole ? said.items : failedItems(part, outcome, exchange);
        for (const [i, one] of part.pending.entries()) {
          answers[one.at] = own[i] as ItemAnswer;
          if (!isWhole) one.isFinal = true;
          else if (isAnswered(outcome) && outcome.maybeApplied) one.maybeApplied = true;
        }
        const repaired = isWhole ? await this.#repair(exchange, forward, bytes, answers, part) : 0;
        return { outcome, said: isWhole ? said : undefined, repaired };
      }),
    );
    const good = outcomes.flatMap(({ outcome, said }) => (said && isAnswered(outcome) ? [{ outcome, said }] : []));
    const [first] = good;
    if (!first)
      return refuseWhole(
        exchange,
        outcomes.map(({ outcome }) => outcome),
      );
    const repaired = outcomes.reduce((sum, one) => sum + one.repaired, 0);
    const tookMs =
      repaired > 0 || good.length < parts.length
        ? Math.round(performance.now() - exchange.startedMs)
        : Math.max(...good.map(({ said }) => tookOf(said)));
    const attempts = outcomes.reduce((sum, { outcome }) => sum + attemptsOf(outcome), repaired);
    answerWith(
      exchange,
      good.map(({ outcome }) => outcome),
      joinAnswer(first.said, answers, tookMs),
      attempts,
    );
  }

  #repair(
    exchange: Exchange,
    forward: ForwardRequest,
    bytes: Buffer,
    answers: ItemAnswer[],
    part: Part,
  ): Promise<number> {
    if (part.pending.every(({ at }) => failureOf(answers[at] as ItemAnswer) === undefined)) return Promise.resolve(0);
    const repair = new BulkRepair(this.#forwarder, exchange, bytes, answers);
    return repair.run(part.pending, (body, safety) => this.#send({ ...forward, body, safety }, exchange));
  }

  #send(request: ForwardRequest, exchange: Exchange): Promise<Outcome> {
    return new Promise((resolve) => {
      const forwarding = this.#forwarder.send(
        { ...request, deadlineMs: exchange.remainingMs },
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
      exchange.endWithApplication(forwarding);
    });
  }
}

const noRequest = { method: 'POST', body: null, contentType: 'application/x-ndjson' } as const;

function isAnswered(outcome: Outcome): outcome is CallAnswer {
  return !isClientError(outcome) && outcome.status === 200;
}

function attemptsOf(outcome: Outcome): number {
  return isClientError(outcome) ? outcome.attempts.length : outcome.attempts;
}

/** No part was carried out, as far as it is known: the failure that says most stands for all. */
function refuseWhole(exchange: Exchange, outcomes: readonly Outcome[]): void {
  const unclear = outcomes.filter((outcome) => isClientError(outcome) && outcome.outcome === 'unknown');
  const [one] = [...unclear, ...outcomes];
  if (one === undefined) return;
  if (isClientError(one)) exchange.fail(one);
  else exchange.answer(one, one.attempts);
}

/** Answers with `body` in place of those of the parts. */
function answerWith(exchange: Exchange, parts: readonly CallAnswer[], body: Buffer, attempts: number): void {
  const warnings = [...new Set(parts.flatMap(({ headers }) => headers['warning'] ?? []))];
  const headers = {
    ...parts[0]?.headers,
    ...(warnings.length > 0 ? { warning: warnings } : {}),
    'content-length': String(body.length),
  };
  exchange.answer({ status: 200, headers, body }, attempts);
}

/** The request without its body. The answer is read here, so it is asked for as plain text. */
function plainForward(exchange: Exchange): ForwardRequest {
  const forward = exchange.toForward();
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
