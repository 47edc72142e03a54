// A get: its request, and the result in its answer or in an item of an mget.
import { isObject, toInteger } from '../json/json.ts';
import type { WireRequest } from '../nodes/wire.ts';
import type { GetRequest, GetResult } from '../model/operations.ts';
import { toPathPart } from './path.ts';

export function getRequest(request: GetRequest): WireRequest {
  const query: string[] = [];
  if (request.routing !== undefined) query.push(`routing=${toPathPart('get', request.routing)}`);
  if (request.preference !== undefined) query.push(`preference=${toPathPart('get', request.preference)}`);
  const path = `/${toPathPart('get', request.index)}/_doc/${toPathPart('get', request.id)}`;
  return {
    method: 'GET',
    path: query.length === 0 ? path : `${path}?${query.join('&')}`,
    body: null,
    contentType: 'application/json',
  };
}

/** The result of a get, alone or inside an mget; undefined when `document` does not answer it. */
export function toGetResult<T>(request: GetRequest, document: unknown, attempts: number): GetResult<T> | undefined {
  if (!isObject(document) || document['_id'] !== request.id || typeof document['_index'] !== 'string') return undefined;
  const { _index: index, found, _source: source } = document;
  if (found === false) return { found, index, id: request.id, attempts };
  const version = toInteger(document['_version']);
  if (found !== true || version === undefined) return undefined;
  return {
    found,
    index,
    id: request.id,
    source: source as T,
    version,
    seqNo: toInteger(document['_seq_no']) ?? -2,
    primaryTerm: toInteger(document['_primary_term']) ?? 0,
    attempts,
  };
}
