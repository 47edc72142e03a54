// Gets travelling as one _mget and searches as one _msearch: each entry gets the answer of its own line, and one that
// failed where another attempt may help is handed back to go alone.
import type { CallAnswer, Core } from '../call/core.ts';
import { ClientError } from '../errors.ts';
import { readStatus, toEngineError } from '../policy/classify.ts';
import type { RecentQuantile } from '../policy/quantile.ts';
import { parseBody, toGetResult, toSearchResult, type EngineDocument, type EngineSearch } from '../api/read.ts';
import type { GetRequest, GetResult, SearchRequest, SearchResult } from '../api/types.ts';
import { toRefusal } from '../api/write.ts';
import { Entry, type EntryAbout } from './entry.ts';
import type { Freight } from './lane.ts';

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

abstract class ReadFreight<Q, R, A extends { readonly error?: unknown }> implements Freight<ReadEntry<Q, R>> {
  abstract readonly kind: 'get' | 'search';
  protected readonly core: Core;
  protected readonly latency: RecentQuantile | undefined;

  constructor(core: Core, latency: RecentQuantile | undefined) {
    this.core = core;
    this.latency = latency;
  }

  abstract load(entries: readonly ReadEntry<Q, R>[]): ReturnType<Freight<ReadEntry<Q, R>>['load']>;
  protected abstract answersIn(body: unknown): readonly A[] | undefined;
  protected abstract statusOf(answer: A): number;
  protected abstract resultOf(entry: ReadEntry<Q, R>, answer: A): R;

  unload(entries: readonly ReadEntry<Q, R>[], answer: CallAnswer): readonly ReadEntry<Q, R>[] {
    let answers: readonly A[] = [];
    try {
      answers = this.answersIn(parseBody(this.kind, answer.body)) ?? [];
    } catch {
      // Every entry below lacks its answer and goes alone.
    }
    entries.forEach((entry, i) => {
      const one = answers[i];
      if (entry.ended) return;
      if (one === undefined) return entry.goAlone();
      const status = this.statusOf(one);
      if (status < 300) return entry.done(this.resultOf(entry, one));
      const reading = readStatus(status, 'read', this.core.options.retryStatuses, () => toEngineError(one.error)?.type);
      if (reading.verdict === 'retry') entry.goAlone();
      else entry.fail(toRefusal(this.kind, status, one.error));
    });
    return [];
  }

  refuse(entry: ReadEntry<Q, R>, error: ClientError): void {
    entry.fail(error);
  }
}

export class GetFreight extends ReadFreight<GetRequest, GetResult, EngineDocument> {
  readonly kind = 'get';

  load(entries: readonly GetEntry[]): ReturnType<Freight<GetEntry>['load']> {
    const docs = entries.map(({ request }) => ({ _index: request.index, _id: request.id, routing: request.routing }));
    return {
      operation: 'mget',
      request: { method: 'POST', path: '/_mget', body: JSON.stringify({ docs }), contentType: 'application/json' },
      safety: 'read',
      hedgeAfter: this.latency,
      steerable: true,
    };
  }

  protected answersIn(body: unknown): readonly EngineDocument[] | undefined {
    return (body as { docs?: readonly EngineDocument[] }).docs;
  }

  /** An _mget answers 200 whatever happened to one document; what an error means is told by its type alone. */
  protected statusOf(answer: EngineDocument): number {
    if (answer.error === undefined) return 200;
    return toEngineError(answer.error)?.type === 'index_not_found_exception' ? 404 : 503;
  }

  protected resultOf(entry: GetEntry, answer: EngineDocument): GetResult {
    return toGetResult(entry.request, answer, entry.attempts);
  }
}

export class SearchFreight extends ReadFreight<SearchRequest, SearchResult, EngineSearch> {
  readonly kind = 'search';

  load(entries: readonly SearchEntry[]): ReturnType<Freight<SearchEntry>['load']> {
    const steering = this.core.nodes.steering;
    let body = '';
    for (const { request } of entries) {
      const header = {
        index: request.index,
        routing: request.routing,
        preference: request.preference ?? (steering === '' ? undefined : steering),
        allow_partial_search_results: request.allowPartial ?? false,
      };
      body += `${JSON.stringify(header)}\n${JSON.stringify(request.body ?? {})}\n`;
    }
    return {
      operation: 'msearch',
      request: { method: 'POST', path: '/_msearch', body, contentType: 'application/x-ndjson' },
      safety: 'read',
      hedgeAfter: this.latency,
      steersItself: true,
    };
  }

  protected answersIn(body: unknown): readonly EngineSearch[] | undefined {
    return (body as { responses?: readonly EngineSearch[] }).responses;
  }

  protected statusOf(answer: EngineSearch): number {
    return answer.status ?? (answer.error === undefined ? 200 : 500);
  }

  protected resultOf(entry: SearchEntry, answer: EngineSearch): SearchResult {
    return toSearchResult(answer, entry.attempts);
  }
}
