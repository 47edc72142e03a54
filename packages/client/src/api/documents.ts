// Single-document operations: writes, gathered or alone, and gets.
import { isDeepStrictEqual } from 'node:util';
import type { CallAnswer } from '../call/core.ts';
import { ClientError } from '../errors.ts';
import { RecentQuantile } from '../policy/quantile.ts';
import type { Host } from './client.ts';
import { newDocumentId } from './identifiers.ts';
import { getRequest, parseBody, toGetResult, type EngineDocument } from './read.ts';
import type { BulkOperation, GetRequest, GetResult, OperationOptions, Refresh, WriteResult } from './types.ts';
import { toRefusal, toRequest, toResult, toWrite, type EngineItem, type Write } from './write.ts';

export class Documents {
  readonly #host: Host;
  readonly #getLatency = new RecentQuantile(0.95);

  constructor(host: Host) {
    this.#host = host;
  }

  async write(operation: BulkOperation, refresh: Refresh | undefined, options: OperationOptions): Promise<WriteResult> {
    const write = toWrite(operation, () => newDocumentId(this.#host.core.time.wall()));
    return this.#alone(write, refresh, options);
  }

  async get<T>(request: GetRequest, options: OperationOptions): Promise<GetResult<T>> {
    const answer = await this.#host.call({
      operation: 'get',
      request: getRequest(request),
      safety: 'read',
      deadlineAt: this.#host.deadlineAt(options),
      signal: options.signal,
      gated: true,
      hedgeAfter: options.hedge === false || this.#host.settings.hedging === null ? undefined : this.#getLatency,
      steerable: request.preference === undefined,
    });
    const body = parseBody('get', answer.body) as EngineDocument;
    if (answer.status >= 300 && !(answer.status === 404 && body.found === false))
      throw toRefusal('get', answer.status, body.error);
    return toGetResult<T>(request, body, answer.attempts);
  }

  lanes(): { count: number; queued: number; inFlight: number } {
    return { count: 0, queued: 0, inFlight: 0 };
  }

  async #alone(write: Write, refresh: Refresh | undefined, options: OperationOptions): Promise<WriteResult> {
    const deadlineAt = this.#host.deadlineAt(options);
    const remainingMs = deadlineAt - this.#host.core.time.now();
    const answer = await this.#host.call({
      operation: write.op,
      request: toRequest(write, refresh, remainingMs),
      safety: write.safety,
      deadlineAt,
      signal: options.signal,
      gated: true,
    });
    return this.#read(write, answer, deadlineAt);
  }

  async #read(write: Write, answer: CallAnswer, deadlineAt: number): Promise<WriteResult> {
    const item = parseBody(write.op, answer.body) as EngineItem;
    const missing = write.op === 'delete' && answer.status === 404 && item.result === 'not_found';
    if (answer.status < 300 || missing) return toResult(write, item, answer.attempts);
    if (answer.status === 409 && answer.maybeApplied) {
      const own = await this.ownDoing(write, answer.attempts, deadlineAt);
      if (own) return own;
      throw toRefusal(write.op, 409, item.error, { outcome: 'unknown' });
    }
    throw toRefusal(write.op, answer.status, item.error, { outcome: answer.maybeApplied ? 'unknown' : 'none' });
  }

  /**
   * A repeated write met a conflict, and an earlier attempt of it may have been applied: reads the document back. The same
   * content there means that the conflict was with ourselves. Undefined when that cannot be shown.
   */
  async ownDoing(write: Write, attempts: number, deadlineAt: number): Promise<WriteResult | undefined> {
    // A pipeline changes content, and an update sends only a part: neither can be recognised.
    if (write.body === null || write.op === 'update' || write.pipeline !== undefined) return undefined;
    const address = {
      index: write.index,
      id: write.id,
      ...(write.routing === undefined ? {} : { routing: write.routing }),
    };
    const remainingMs = deadlineAt - this.#host.core.time.now();
    const found = await this.get(address, { deadlineMs: remainingMs }).catch((error: unknown) => {
      if (error instanceof ClientError) return undefined;
      throw error;
    });
    if (!found?.found || !isDeepStrictEqual(found.source, JSON.parse(write.body))) return undefined;
    const { version, seqNo, primaryTerm } = found;
    if (write.op === 'create' && version !== 1) return undefined;
    if (write.ifSeqNo !== undefined && seqNo <= write.ifSeqNo) return undefined;
    const result = version === 1 ? 'created' : 'updated';
    return {
      index: found.index,
      id: write.id,
      result,
      version,
      seqNo,
      primaryTerm,
      attempts: attempts + found.attempts,
    };
  }
}
