// From the query string of /search to the engine's search body. Pure.
import { limits } from './limits.ts';
import { invalid, missingQuery } from './problem.ts';

export interface SearchRequest {
  readonly query: string;
  readonly size: number;
  readonly from: number;
  readonly highlight: boolean;
  /** A stable order: the page that follows these sort values, or the first page when empty. */
  readonly after: readonly (string | number)[] | undefined;
}

type QueryString = Readonly<Record<string, unknown>>;

const parameters = ['q', 'size', 'from', 'search_after', 'highlight'] as const;

/** The parameters of a search that this API knows, written as a query string again. */
export function searchQuery(queryString: QueryString): string {
  const known = new URLSearchParams();
  for (const name of parameters) {
    const value = one(queryString, name);
    if (value !== undefined) known.append(name, value);
  }
  return known.toString();
}

export function readSearchRequest(queryString: QueryString): SearchRequest {
  const query = one(queryString, 'q');
  if (query === undefined || query === '') throw missingQuery;
  const bytes = Buffer.byteLength(query);
  if (bytes > limits.queryBytes) throw invalid('q', `'q' has ${bytes} bytes; the most is ${limits.queryBytes}.`);
  const after = readAfter(one(queryString, 'search_after'));
  const from = whole(queryString, 'from', 0, 0, limits.skip);
  return {
    query,
    size: whole(queryString, 'size', 10, 0, limits.pageSize),
    // The sort values say where a page starts.
    from: after === undefined ? from : 0,
    highlight: flag(queryString, 'highlight'),
    after,
  };
}

const highlight = { encoder: 'html', fields: { content: {} } };

/** The search body for the highlights of these hits alone. */
export function highlightBody({ query }: SearchRequest, ids: readonly string[]): Record<string, unknown> {
  return {
    query: { bool: { must: { match: { content: query } }, filter: { ids: { values: ids } } } },
    size: ids.length,
    track_total_hits: false,
    _source: false,
    highlight,
  };
}

/** The engine's search body. The order is score alone unless a stable one is asked for: which costs a little more. */
export function searchBody(request: SearchRequest): Record<string, unknown> {
  return {
    query: { match: { content: request.query } },
    size: request.size,
    // The answer is the hits alone; not counting the rest lets the engine skip documents that cannot rank.
    track_total_hits: false,
    ...(request.from > 0 ? { from: request.from } : {}),
    ...(request.highlight ? { highlight } : {}),
    ...(request.after === undefined ? {} : { sort: [{ _score: 'desc' }, { id: 'asc' }] }),
    ...(request.after === undefined || request.after.length === 0 ? {} : { search_after: request.after }),
  };
}

/** The value of a parameter; the first one when it is repeated. */
function one(queryString: QueryString, name: string): string | undefined {
  const value = queryString[name];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}

function whole(queryString: QueryString, name: string, fallback: number, least: number, most: number): number {
  const text = one(queryString, name);
  if (text === undefined) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw invalid(name, `'${name}' must be a whole number from ${least} to ${most}.`);
}

function flag(queryString: QueryString, name: string): boolean {
  const text = one(queryString, name);
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw invalid(name, `'${name}' must be true or false.`);
}

/** `search_after=` starts a stable listing, `search_after=[score,"id"]` (the `sort` of the last hit) continues it. */
function readAfter(text: string | undefined): SearchRequest['after'] {
  if (text === undefined) return undefined;
  if (text === '') return [];
  const values = parsed(text);
  if (Array.isArray(values) && values.length === 2) {
    const [score, id] = values as unknown[];
    if (typeof score === 'number' && Number.isFinite(score) && typeof id === 'string') return [score, id];
  }
  throw invalid('search_after', "'search_after' must be empty or the 'sort' of the last hit, such as [1.25,\"id\"].");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
