// Gets and searches: how they are put on the wire, alone or gathered, and how their answers are read.
import { ClientError } from '../errors.ts';
import type { WireRequest } from '../nodes/wire.ts';
import type { GetRequest, GetResult, SearchHit, SearchRequest, SearchResult } from './types.ts';

export function getRequest(request: GetRequest): WireRequest {
  const query: string[] = [];
  if (request.routing !== undefined) query.push(`routing=${encodeURIComponent(request.routing)}`);
  if (request.preference !== undefined) query.push(`preference=${encodeURIComponent(request.preference)}`);
  const path = `/${encodeURIComponent(request.index)}/_doc/${encodeURIComponent(request.id)}`;
  return {
    method: 'GET',
    path: query.length === 0 ? path : `${path}?${query.join('&')}`,
    body: null,
    contentType: 'application/json',
  };
}

/** What the engine answers to a get, alone or inside an _mget. */
export interface EngineDocument {
  readonly _index?: string;
  readonly _id?: string;
  readonly found?: boolean;
  readonly _source?: unknown;
  readonly _version?: number;
  readonly _seq_no?: number;
  readonly _primary_term?: number;
  readonly error?: unknown;
}

export function toGetResult<T>(request: GetRequest, document: EngineDocument, attempts: number): GetResult<T> {
  const index = document._index ?? request.index;
  if (document.found !== true) return { found: false, index, id: request.id, attempts };
  return {
    found: true,
    index,
    id: request.id,
    source: document._source as T,
    version: document._version ?? 0,
    seqNo: document._seq_no ?? -2,
    primaryTerm: document._primary_term ?? 0,
    attempts,
  };
}

function searchIndexes(request: SearchRequest): string {
  const names = typeof request.index === 'string' ? [request.index] : request.index;
  if (names.length === 0 || names.includes('')) {
    throw new ClientError('invalid-request', 'This search was not sent: name at least one index in `index`.');
  }
  return names.map((name) => encodeURIComponent(name)).join(',');
}

export function searchRequest(request: SearchRequest): WireRequest {
  // A missing shard is an error by default, so that the search is tried elsewhere instead of silently lacking results.
  const query = [`allow_partial_search_results=${request.allowPartial ?? false}`];
  if (request.routing !== undefined) query.push(`routing=${encodeURIComponent(request.routing)}`);
  if (request.preference !== undefined) query.push(`preference=${encodeURIComponent(request.preference)}`);
  return {
    method: 'POST',
    path: `/${searchIndexes(request)}/_search?${query.join('&')}`,
    body: JSON.stringify(request.body ?? {}),
    contentType: 'application/json',
  };
}

interface EngineHit {
  readonly _index: string;
  readonly _id: string;
  readonly _score?: number | null;
  readonly _source?: unknown;
  readonly highlight?: Readonly<Record<string, readonly string[]>>;
  readonly sort?: readonly unknown[];
}

/** What the engine answers to a search, alone or inside an _msearch. */
export interface EngineSearch {
  readonly took?: number;
  readonly timed_out?: boolean;
  readonly _shards?: { readonly failed?: number };
  readonly hits?: {
    readonly total?: { readonly value: number; readonly relation: 'eq' | 'gte' } | number;
    readonly max_score?: number | null;
    readonly hits?: readonly EngineHit[];
  };
  readonly aggregations?: Readonly<Record<string, unknown>>;
  readonly status?: number;
  readonly error?: unknown;
}

export function toSearchResult<T>(answer: EngineSearch, attempts: number): SearchResult<T> {
  const total = answer.hits?.total;
  return {
    hits: (answer.hits?.hits ?? []).map((hit) => toHit<T>(hit)),
    total: typeof total === 'object' ? total : { value: total ?? 0, relation: 'eq' },
    maxScore: answer.hits?.max_score ?? null,
    tookMs: answer.took ?? 0,
    partial: answer.timed_out === true || (answer._shards?.failed ?? 0) > 0,
    ...(answer.aggregations === undefined ? {} : { aggregations: answer.aggregations }),
    attempts,
  };
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

/** Parses a JSON answer; anything else is a bad response. */
export function parseBody(what: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (cause) {
    throw new ClientError('bad-response', `${what}: expected JSON, got ${body.length} bytes that are not.`, { cause });
  }
}
