// How a request of an official client may be repeated, read from its method, path and body. When in doubt: once.
import type { Safety } from '../policy/classify.ts';

/** POST endpoints that change nothing. */
const readEndpoints = new Set([
  '_search',
  '_msearch',
  '_mget',
  '_count',
  '_field_caps',
  '_explain',
  '_validate',
  '_search_shards',
  '_rank_eval',
  '_termvectors',
  '_mtermvectors',
  '_analyze',
  '_terms_enum',
]);

interface Request {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly body: string | Uint8Array | null;
}

/**
 * Reads may be repeated; so may an index or delete of one document by id, and a bulk of nothing else. A create is sent
 * once, because its repetition is answered by a conflict that this layer cannot resolve; use the client's own `create`.
 */
export function safetyOf({ method, path, body }: Request): Safety {
  if (method === 'GET' || method === 'HEAD') return 'read';
  const parts = path.split('/').filter((part) => part !== '');
  const endpoint = parts.find((part) => part.startsWith('_')) ?? '';
  if (method === 'POST' && readEndpoints.has(endpoint)) return 'read';
  if (endpoint === '_doc' && parts.length === 3)
    return method === 'POST' || method === 'PUT' || method === 'DELETE' ? 'replayable' : 'once';
  if (endpoint === '_bulk' && typeof body === 'string' && everyLineHasId(body)) return 'replayable';
  return 'once';
}

function everyLineHasId(body: string): boolean {
  const lines = body.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line === '') continue;
    const action = /^\s*\{\s*"(index|delete)"\s*:/.exec(line)?.[1];
    if (action === undefined || !/"_id"\s*:\s*"/.test(line)) return false;
    if (action === 'index') i++;
  }
  return true;
}
