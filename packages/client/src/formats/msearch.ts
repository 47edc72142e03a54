// The body of an msearch, its request, and what an item of its answer says about its search.
import { isObject, stringifyExact } from '../json/json.ts';
import type { SearchRequest, SearchResult } from '../model/operations.ts';
import type { WireRequest } from '../nodes/wire.ts';
import { toEngineError } from '../policy/classify.ts';
import { unreadableItem, type ItemReading } from './item.ts';
import { searchIndexes, toSearchResult } from './search.ts';

/**
 * The request for `searches`; those without a preference of their own get `preference`, unless it is empty. `inPath`: they are of
 * the same indexes, which the path names.
 */
export function msearchRequest(searches: readonly SearchRequest[], preference: string, inPath: boolean): WireRequest {
  let body = '';
  for (const search of searches) {
    const header = {
      index: inPath ? undefined : search.index,
      routing: search.routing,
      preference: search.preference ?? (preference === '' ? undefined : preference),
      allow_partial_search_results: search.allowPartial ?? false,
    };
    body += `${JSON.stringify(header)}\n${stringifyExact(search.body ?? {})}\n`;
  }
  const path = inPath && searches[0] ? `/${searchIndexes(searches[0])}/_msearch` : '/_msearch';
  return { method: 'POST', path, body, contentType: 'application/x-ndjson' };
}

/** What `item` says about its search. */
export function readMsearchItem(item: unknown, attempts: number): ItemReading<SearchResult> {
  if (!isObject(item)) return unreadableItem;
  const { error } = item;
  const status = item['status'] === undefined && error === undefined ? 200 : item['status'];
  if (typeof status !== 'number') return unreadableItem;
  if (status === 200) {
    const result = toSearchResult(item, attempts);
    return result ? { kind: 'done', result } : unreadableItem;
  }
  return status >= 300 && toEngineError(error) ? { kind: 'refused', status, error } : unreadableItem;
}
