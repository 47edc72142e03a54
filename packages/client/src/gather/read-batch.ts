// Gets gathered into one mget and searches into one msearch: each entry gets the answer of its own item, and one whose item
// failed where another attempt may help is sent again by itself.
import type { CallAnswer, Core } from '../call/core.ts';
import { itemsIn, settleItem, type ItemReading } from '../formats/item.ts';
import { mgetRequest, readMgetItem } from '../formats/mget.ts';
import { msearchRequest, readMsearchItem } from '../formats/msearch.ts';
import { toPathPart } from '../formats/path.ts';
import { searchIndexes } from '../formats/search.ts';
import { readJson } from '../json/json.ts';
import { ClientError } from '../model/errors.ts';
import type { GetRequest, GetResult, SearchRequest, SearchResult } from '../model/operations.ts';
import type { RecentQuantile } from '../policy/quantile.ts';
import type { BatchFormat, BatchRequest } from './batch-format.ts';
import { Entry, type EntryAbout } from './entry.ts';

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

  sendAlone(): void {
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

abstract class ReadBatchFormat<Q, R> implements BatchFormat<ReadEntry<Q, R>> {
  abstract readonly kind: 'get' | 'search';
  protected readonly core: Core;
  protected readonly latency: RecentQuantile | undefined;
  /** Where the answer has its items. */
  protected abstract readonly itemsAt: 'docs' | 'responses';

  constructor(core: Core, latency: RecentQuantile | undefined) {
    this.core = core;
    this.latency = latency;
  }

  abstract indexInPath(entry: ReadEntry<Q, R>): string;
  abstract toRequest(entries: readonly ReadEntry<Q, R>[], deadlineAt: number, inPath: boolean): BatchRequest;
  protected abstract readItem(entry: ReadEntry<Q, R>, item: unknown): ItemReading<R>;

  settle(entries: readonly ReadEntry<Q, R>[], { status, body }: CallAnswer): readonly ReadEntry<Q, R>[] {
    const { exactIntegers, retryStatuses } = this.core.options;
    const items = itemsIn(status === 200 ? readJson(body, exactIntegers) : undefined, this.itemsAt, entries.length);
    const operation = { name: this.kind, safety: 'read', maybeApplied: false } as const;
    entries.forEach((entry, i) => {
      if (entry.ended) return;
      const outcome = settleItem(this.readItem(entry, items?.[i]), operation, status, retryStatuses);
      if (outcome.kind === 'done') entry.done(outcome.result);
      else if (outcome.kind === 'refused') entry.fail(outcome.toError());
      else entry.sendAlone();
    });
    return [];
  }

  fail(entry: ReadEntry<Q, R>, error: ClientError): void {
    entry.fail(error);
  }
}

export class GetBatchFormat extends ReadBatchFormat<GetRequest, GetResult> {
  readonly kind = 'get';
  protected readonly itemsAt = 'docs';

  indexInPath({ request }: GetEntry): string {
    return toPathPart('get', request.index);
  }

  toRequest(entries: readonly GetEntry[], _deadlineAt: number, inPath: boolean): BatchRequest {
    const gets = entries.map(({ request }) => request);
    const request = mgetRequest(gets, inPath);
    return { operation: 'mget', request, safety: 'read', hedgeAfter: this.latency, takesPreference: true };
  }

  protected readItem({ request, attempts }: GetEntry, item: unknown): ItemReading<GetResult> {
    return readMgetItem(request, item, attempts);
  }
}

export class SearchBatchFormat extends ReadBatchFormat<SearchRequest, SearchResult> {
  readonly kind = 'search';
  protected readonly itemsAt = 'responses';

  indexInPath({ request }: SearchEntry): string {
    return searchIndexes(request);
  }

  toRequest(entries: readonly SearchEntry[], _deadlineAt: number, inPath: boolean): BatchRequest {
    const searches = entries.map(({ request }) => request);
    const request = msearchRequest(searches, this.core.nodes.readPreference, inPath);
    return { operation: 'msearch', request, safety: 'read', hedgeAfter: this.latency, setsPreference: true };
  }

  protected readItem({ attempts }: SearchEntry, item: unknown): ItemReading<SearchResult> {
    return readMsearchItem(item, attempts);
  }
}
