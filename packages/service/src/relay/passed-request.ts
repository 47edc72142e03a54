// The request to a peer in place of one that arrived here: built from the matched route and the parameters of this API. The
// original target may name a host or a path in forms that parsers read differently, so nothing of it is passed on.
import { stringifyExact } from '@understudy/client';
import type { FastifyRequest } from 'fastify';
import { preferenceHeader, readPreference } from '../queue/preference.ts';
import { searchQuery } from '../search-request.ts';
import { traceIdOf } from '../trace.ts';

export interface PassedRequest {
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

interface Content {
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string | Uint8Array | undefined;
}

/** The routes that need the engine; no other is ever passed on. */
const contents: Readonly<Record<string, (request: FastifyRequest) => Content>> = {
  '/index': ({ body }) => ({ path: '/index', contentType: 'application/json', body: stringifyExact(body) }),
  '/bulk': ({ body }) => ({ path: '/bulk', contentType: 'application/x-ndjson', body: body as Uint8Array }),
  '/search': ({ query }) => ({ path: `/search?${searchQuery(query as Record<string, unknown>)}` }),
  '/documents/:id': ({ params }) => ({ path: `/documents/${encodeURIComponent((params as { id: string }).id)}` }),
};

/** Undefined for a request that is not to be passed on. */
export function passedRequest(request: FastifyRequest): PassedRequest | undefined {
  const content = contents[request.routeOptions.url ?? '']?.(request);
  if (content === undefined) return undefined;
  const { path, contentType, body } = content;
  const given = {
    'x-request-id': request.id,
    'content-type': contentType,
    prefer: preferenceHeader(readPreference(request.headers['prefer'])),
    ...traceHeaders(request),
  };
  const headers = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { method: request.method, path, headers: Object.fromEntries(headers), body };
}

/** https://www.w3.org/TR/trace-context/: without a valid parent, the state means nothing. */
function traceHeaders({ headers }: FastifyRequest): Readonly<Record<string, string | undefined>> {
  if (traceIdOf(headers) === undefined) return {};
  const { traceparent, tracestate } = headers;
  const first = (value: string | string[] | undefined) => (typeof value === 'string' ? value : undefined);
  return { traceparent: first(traceparent), tracestate: first(tracestate) };
}
