// The body of an mget, its request, and what an item of its answer says about its get.
import { isObject } from '../json/json.ts';
import type { GetRequest, GetResult } from '../model/operations.ts';
import type { WireRequest } from '../nodes/wire.ts';
import { toEngineError } from '../policy/classify.ts';
import { toGetResult } from './get.ts';
import { unreadableItem, type ItemReading } from './item.ts';
import { toPathPart } from './path.ts';

/** The request for `gets`. `inPath`: they are of one index, which the path names. */
export function mgetRequest(gets: readonly GetRequest[], inPath: boolean): WireRequest {
  const docs = gets.map(({ index, id, routing }) => ({ _index: inPath ? undefined : index, _id: id, routing }));
  const path = inPath && gets[0] ? `/${toPathPart('get', gets[0].index)}/_mget` : '/_mget';
  return { method: 'POST', path, body: JSON.stringify({ docs }), contentType: 'application/json' };
}

/** What `item` says about `get`. An mget answers 200 whatever happened to one document; what an error means follows from its type alone. */
export function readMgetItem(get: GetRequest, item: unknown, attempts: number): ItemReading<GetResult> {
  if (!isObject(item)) return unreadableItem;
  const { error } = item;
  if (error === undefined) {
    const result = toGetResult(get, item, attempts);
    return result ? { kind: 'done', result } : unreadableItem;
  }
  const engineError = toEngineError(error);
  if (!engineError) return unreadableItem;
  return { kind: 'refused', status: engineError.type === 'index_not_found_exception' ? 404 : 503, error };
}
