// Single-document operations by themselves, each in a request of its own, and what its answer means.
import { isDeepStrictEqual } from 'node:util';
import type { CallAnswer } from '../call/core.ts';
import { acknowledged } from '../formats/acknowledgement.ts';
import { getRequest, toGetResult } from '../formats/get.ts';
import { toRefusal, toUnreadable } from '../formats/refusal.ts';
import { toRequest } from '../formats/write-request.ts';
import { withRenewedFence, type Write } from '../formats/write.ts';
import type { Until } from '../gather/write-batch.ts';
import { errorIn, parseExact, readJson } from '../json/json.ts';
import { ClientError, withOutcome } from '../model/errors.ts';
import type { GetRequest, GetResult, OperationOptions, Refresh, WriteResult } from '../model/operations.ts';
import { RecentQuantile } from '../policy/quantile.ts';
import type { Executor } from './executor.ts';

export class SingleRequests {
  readonly #executor: Executor;
  readonly #getLatency = new RecentQuantile(0.95);

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  /** Reads one document. `exact` reads its integers with all digits. */
  async get<T>(
    request: GetRequest,
    deadlineAt: number,
    options: OperationOptions,
    exact = this.#executor.core.options.exactIntegers,
  ): Promise<GetResult<T>> {
    const answer = await this.#executor.call({
      operation: 'get',
      request: getRequest(request),
      safety: 'read',
      deadlineAt,
      signal: options.signal,
      gated: true,
      hedgeAfter: options.hedge === false || this.#executor.settings.hedging === null ? undefined : this.#getLatency,
      takesPreference: request.preference === undefined,
    });
    const { status, body, attempts } = answer;
    if (status >= 300 && status !== 404) throw toRefusal('get', status, errorIn(body));
    const result = toGetResult<T>(request, readJson(body, exact), attempts);
    if (result) return result;
    throw status === 404 ? toRefusal('get', status, errorIn(body)) : toUnreadable('get', status, 'none');
  }

  /** Carries out one write; a conflict with its own earlier attempt becomes a result. */
  async write(write: Write, refresh: Refresh | undefined, until: Until): Promise<WriteResult> {
    const { deadlineAt, signal } = until;
    const remainingMs = Math.max(1, deadlineAt - this.#executor.core.time.now());
    const request = toRequest(write, refresh, remainingMs);
    const { op, safety } = write;
    const answer = await this.#executor.call({ operation: op, request, safety, deadlineAt, signal, gated: true });
    const newer = answer.status === 409 && withRenewedFence(write, errorIn(answer.body), this.#executor.core.fences);
    if (newer)
      return this.write(newer, refresh, until).catch((error: unknown) => {
        throw error instanceof ClientError ? withOutcome(error, answer.maybeApplied) : error;
      });
    return this.#read(write, answer, until);
  }

  async #read(write: Write, { status, body, attempts, maybeApplied }: CallAnswer, until: Until): Promise<WriteResult> {
    // A deletion that found nothing is answered with 404.
    if (status === 200 || status === 201 || (write.op === 'delete' && status === 404)) {
      const result = acknowledged(write, readJson(body, false), attempts);
      if (result) return result;
    }
    if (status < 300) throw toUnreadable(write.op, status, 'unknown');
    if (status === 409 && maybeApplied) {
      const own = await this.resolveConflict(write, attempts, until);
      if (own) return own;
    }
    throw toRefusal(write.op, status, errorIn(body), { outcome: maybeApplied ? 'unknown' : 'none' });
  }

  /**
   * A repeated write met a conflict, and an earlier attempt of it may have been applied: reads the document back. The same
   * content there, to the last digit, means that the conflict was with this write itself. Undefined when that cannot be shown.
   */
  async resolveConflict(write: Write, attempts: number, until: Until): Promise<WriteResult | undefined> {
    const own = await this.findOwn(write, until);
    const confirmed = own && (await this.write(own.again, undefined, until).catch(() => undefined));
    return confirmed && { ...confirmed, result: own.result, attempts: attempts + own.attempts + confirmed.attempts };
  }

  /**
   * Looks for the work of an earlier attempt of `write`. It is there, but the engine has not said that every copy has it: `again` is
   * the same content once more, on this very version, which is acknowledged only when they all have.
   */
  async findOwn(write: Write, until: Until): Promise<OwnWork | undefined> {
    // A pipeline changes the content, and an update sends only a part of it: neither can be compared.
    if (write.body === null || write.op === 'update' || write.pipeline !== undefined) return undefined;
    const routing = write.routing === undefined ? {} : { routing: write.routing };
    const caller = until.signal ? { signal: until.signal } : {};
    const found = await this.get(
      { index: write.index, id: write.id, ...routing },
      until.deadlineAt,
      caller,
      true,
    ).catch((error: unknown) => {
      if (error instanceof ClientError) return undefined;
      throw error;
    });
    if (!found?.found || !isDeepStrictEqual(found.source, parseExact(write.body))) return undefined;
    if (write.op === 'create' && found.version !== 1) return undefined;
    if (write.ifSeqNo !== undefined && found.seqNo <= write.ifSeqNo) return undefined;
    const { seqNo: ifSeqNo, primaryTerm: ifPrimaryTerm, attempts } = found;
    const again: Write = { ...write, op: 'index', ifSeqNo, ifPrimaryTerm, fence: undefined };
    return { again, result: found.version === 1 ? 'created' : 'updated', attempts };
  }
}

/** What an earlier attempt of a write did, as far as a read shows it. */
export interface OwnWork {
  readonly again: Write;
  readonly result: 'created' | 'updated';
  /** Requests that finding it took. */
  readonly attempts: number;
}
