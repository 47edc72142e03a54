// Searches: alone, hedged, or gathered into an _msearch when that pays.
import { RecentQuantile } from '../policy/quantile.ts';
import type { Host } from './client.ts';
import { parseBody, searchRequest, toSearchResult, type EngineSearch } from './read.ts';
import type { OperationOptions, SearchRequest, SearchResult } from './types.ts';
import { toRefusal } from './write.ts';

export class Searches {
  readonly #host: Host;
  readonly #latency = new RecentQuantile(0.95);

  constructor(host: Host) {
    this.#host = host;
  }

  async search<T>(request: SearchRequest, options: OperationOptions): Promise<SearchResult<T>> {
    const answer = await this.#host.call({
      operation: 'search',
      request: searchRequest(request),
      safety: 'read',
      deadlineAt: this.#host.deadlineAt(options),
      signal: options.signal,
      gated: true,
      hedgeAfter: options.hedge === false || this.#host.settings.hedging === null ? undefined : this.#latency,
      steerable: request.preference === undefined,
    });
    const body = parseBody('search', answer.body) as EngineSearch;
    if (answer.status >= 300) throw toRefusal('search', answer.status, body.error);
    return toSearchResult<T>(body, answer.attempts);
  }
}
