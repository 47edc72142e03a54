// Gets travelling as one _mget and searches as one _msearch: each entry gets the answer of its own line, and one that
// failed where another attempt may help is handed back to go alone.
import type { CallAnswer, Core } from '../call/core.ts';
import { ClientError } from '../errors.ts';
import { isObject, readJson, stringifyExact } from '../json.ts';
import { readStatus, toEngineError } from '../policy/classify.ts';
import type { RecentQuantile } from '../policy/quantile.ts';
import { toRefusal } from '../api/answer.ts';
import { searchIndexes, toGetResult, toPathPart, toSearchResult } from '../api/read.ts';
import type { GetRequest, GetResult, SearchRequest, SearchResult } from '../api/types.ts';
import { Entry, type EntryAbout } from './entry.ts';
import type { Freight, Load } from './lane.ts';

/** A read of either kind, with its request and a way to be carried out alone. */
export class ReadEntry<Q, R> extends Entry<R> {
  readonly request: Q;
  /** The request by itself, with all retries. */
  readonly alone: () => Promise<R>;

  constructor(
    core: Core,
    request: Q,
    about: Omit<EntryAbout, 'isWrite'> & { readonly alone: () => Promise<R> },
    resolve: (result: R) => void,
    reject: (error: ClientError) => void,
  ) {
    super(core, { ...about, isWrite: false }, resolve, reject);
    this.request = request;
    this.alone = about.alone;
  }

  goAlone(): void {
    this.alone().then(
      (result) => this.done(result),
      (error: unknown) =>
        this.fail(
          error instanceof ClientError ? error : new ClientError('bad-response', String(error), { cause: error }),
        ),
    );
  }
}

export type GetEntry = ReadEntry<GetRequest, GetResult>;
export type SearchEntry = ReadEntry<SearchRequest, SearchResult>;

abstract class ReadFreight<Q, R> implements Freight<ReadEntry<Q, R>> {
  abstract readonly kind: 'get' | 'search';
  protected readonly core: Core;
  protected readonly latency: RecentQuantile | undefined;
  /** Where the answers to the single entries are. */
  protected abstract readonly answersAt: 'docs' | 'responses';

  constructor(core: Core, latency: RecentQuantile | undefined) {
    this.core = core;
    this.latency = latency;
  }

  abstract pathOf(entry: ReadEntry<Q, R>): string;
  abstract load(entries: readonly ReadEntry<Q, R>[], deadlineAt: number, inPath: boolean): Load;
  /** The status of one answer; undefined when it has none. */
  protected abstract statusOf(answer: Readonly<Record<string, unknown>>): number | undefined;
  /** Undefined when it is no answer to the entry. */
  protected abstract resultOf(entry: ReadEntry<Q, R>, answer: unknown): R | undefined;

  unload(entries: readonly ReadEntry<Q, R>[], answer: CallAnswer): readonly ReadEntry<Q, R>[] {
    const { exactIntegers, retryStatuses } = this.core.options;
    const body = answer.status === 200 ? readJson(answer.body, exactIntegers) : undefined;
    const found = isObject(body) ? body[this.answersAt] : undefined;
    // Too many or too few: nobody knows which is whose.
    const answers: readonly unknown[] = Array.isArray(found) && found.length === entries.length ? found : [];
    entries.forEach((entry, i) => {
      const one = answers[i];
      if (entry.ended) return;
      const status = isObject(one) ? this.statusOf(one) : undefined;
      if (!isObject(one) || status === undefined) return entry.goAlone();
      if (status === 200) {
        const result = this.resultOf(entry, one);
        return result === undefined ? entry.goAlone() : entry.done(result);
      }
      const { error } = one;
      const reading = readStatus(status, 'read', retryStatuses, () => toEngineError(error)?.type);
      if (reading.verdict === 'refused' && toEngineError(error)) entry.fail(toRefusal(this.kind, status, error));
      else entry.goAlone();
    });
    return [];
  }

  refuse(entry: ReadEntry<Q, R>, error: ClientError): void {
    entry.fail(error);
  }
}

export class GetFreight extends ReadFreight<GetRequest, GetResult> {
  readonly kind = 'get';
  protected readonly answersAt = 'docs';

  pathOf({ request }: GetEntry): string {
    return toPathPart('get', request.index);
  }

  load(entries: readonly GetEntry[], _deadlineAt: number, inPath: boolean): Load {
    const docs = entries.map(({ request }) => ({
      _index: inPath ? undefined : request.index,
      _id: request.id,
      routing: request.routing,
    }));
    const path = inPath && entries[0] ? `/${this.pathOf(entries[0])}/_mget` : '/_mget';
    return {
      operation: 'mget',
      request: { method: 'POST', path, body: JSON.stringify({ docs }), contentType: 'application/json' },
      safety: 'read',
      hedgeAfter: this.latency,
      steerable: true,
    };
  }

  /** An _mget answers 200 whatever happened to one document; what an error means is told by its type alone. */
  protected statusOf({ error }: Readonly<Record<string, unknown>>): number {
    if (error === undefined) return 200;
    return toEngineError(error)?.type === 'index_not_found_exception' ? 404 : 503;
  }

  protected resultOf(entry: GetEntry, answer: unknown): GetResult | undefined {
    return toGetResult(entry.request, answer, entry.attempts);
  }
}

export class SearchFreight extends ReadFreight<SearchRequest, SearchResult> {
  readonly kind = 'search';
  protected readonly answersAt = 'responses';

  pathOf({ request }: SearchEntry): string {
    return searchIndexes(request);
  }

  load(entries: readonly SearchEntry[], _deadlineAt: number, inPath: boolean): Load {
    const steering = this.core.nodes.steering;
    let body = '';
    for (const { request } of entries) {
      const header = {
        index: inPath ? undefined : request.index,
        routing: request.routing,
        preference: request.preference ?? (steering === '' ? undefined : steering),
        allow_partial_search_results: request.allowPartial ?? false,
      };
      body += `${JSON.stringify(header)}\n${stringifyExact(request.body ?? {})}\n`;
    }
    const path = inPath && entries[0] ? `/${this.pathOf(entries[0])}/_msearch` : '/_msearch';
    return {
      operation: 'msearch',
      request: { method: 'POST', path, body, contentType: 'application/x-ndjson' },
      safety: 'read',
      hedgeAfter: this.latency,
      steersItself: true,
    };
  }

  protected statusOf({ status, error }: Readonly<Record<string, unknown>>): number | undefined {
    if (typeof status === 'number') return status;
    return status === undefined && error === undefined ? 200 : undefined;
  }

  protected resultOf(entry: SearchEntry, answer: unknown): SearchResult | undefined {
    return toSearchResult(answer, entry.attempts);
  }
}
