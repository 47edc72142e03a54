// A search: its request, and the result in its answer or in an item of an msearch.
import { isObject, toJson } from '../json/json.ts';
import { ClientError } from '../model/errors.ts';
import type { SearchHit, SearchRequest, SearchResult } from '../model/operations.ts';
import type { WireRequest } from '../nodes/wire.ts';
import { toPathPart } from './path.ts';

/** The indexes of a search, as a part of a path. */
export function searchIndexes(request: SearchRequest): string {
  const names = typeof request.index === 'string' ? [request.index] : request.index;
  if (names.length === 0 || names.includes('')) {
    throw new ClientError('invalid-request', 'This search was not sent: name at least one index in `index`.');
  }
  return names.map((name) => toPathPart('search', name)).join(',');
}

export function searchRequest(request: SearchRequest): WireRequest {
  // A missing shard is an error by default, so that the search is tried at another node instead of silently lacking results.
  const query = [`allow_partial_search_results=${request.allowPartial ?? false}`];
  if (request.routing !== undefined) query.push(`routing=${toPathPart('search', request.routing)}`);
  if (request.preference !== undefined) query.push(`preference=${toPathPart('search', request.preference)}`);
  return {
    method: 'POST',
    path: `/${searchIndexes(request)}/_search?${query.join('&')}`,
    body: toJson('search', request.body ?? {}),
    contentType: 'application/json',
  };
}

/** The result of a search, alone or inside an _msearch; undefined when `answer` is no answer to one. */
export function toSearchResult<T>(answer: unknown, attempts: number): SearchResult<T> | undefined {
  if (!isObject(answer) || !isObject(answer['hits'])) return undefined;
  const { took, timed_out, _shards, aggregations } = answer;
  const { hits, total, max_score } = answer['hits'];
  if (!Array.isArray(hits) || !hits.every(isHit)) return undefined;
  const counted = totalOf(total, hits.length);
  if (!counted) return undefined;
  const failed = isObject(_shards) ? _shards['failed'] : 0;
  return {
    hits: hits.map((hit) => toHit<T>(hit)),
    total: counted,
    maxScore: typeof max_score === 'number' ? max_score : null,
    tookMs: typeof took === 'number' ? took : 0,
    partial: timed_out === true || (typeof failed === 'number' && failed > 0),
    ...(isObject(aggregations) ? { aggregations } : {}),
    attempts,
  };
}

/** Without a total (`track_total_hits: false`) all that is known is that these hits are there. */
function totalOf(total: unknown, hits: number): SearchResult['total'] | undefined {
  if (total === undefined) return { value: hits, relation: 'gte' };
  if (typeof total === 'number') return { value: total, relation: 'eq' };
  if (!isObject(total)) return undefined;
  const { value, relation } = total;
  return typeof value === 'number' && (relation === 'eq' || relation === 'gte') ? { value, relation } : undefined;
}

interface EngineHit {
  readonly _index: string;
  readonly _id: string;
  readonly _score?: number | null;
  readonly _source?: unknown;
  readonly highlight?: Readonly<Record<string, readonly string[]>>;
  readonly sort?: readonly unknown[];
}

/** `stored_fields: _none_` leaves the id out. */
function isHit(hit: unknown): hit is EngineHit {
  return isObject(hit) && typeof hit['_index'] === 'string';
}

function toHit<T>(hit: EngineHit): SearchHit<T> {
  return {
    index: hit._index,
    id: hit._id,
    score: hit._score ?? null,
    source: hit._source as T,
    ...(hit.highlight === undefined ? {} : { highlight: hit.highlight }),
    ...(hit.sort === undefined ? {} : { sort: hit.sort }),
  };
}
