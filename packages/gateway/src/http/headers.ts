// Headers on their way: what concerns one connection alone is left out, all else stays as it came.
import type { HeaderMap } from '@understudy/client/forward';

/** RFC 9110, 7.6.1, and what the two connections settle for themselves. */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const notToEngine = new Set([...ofConnection, 'host', 'content-length', 'expect']);
const ours = 'x-understudy-';

/**
 * The headers for the engine: flat, without those of the connection and of this gateway. `length` is that of a body which is not kept;
 * the length of one that is kept is known when it is sent.
 */
export function toEngine(raw: readonly string[], connection: string | undefined, length: string | undefined): string[] {
  const named = connection === undefined || connection === 'keep-alive' ? null : namedIn(connection);
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const lower = name.toLowerCase();
    if (notToEngine.has(lower) || lower.startsWith(ours) || named?.has(lower)) continue;
    headers.push(name, raw[i + 1] as string);
  }
  if (length !== undefined) headers.push('content-length', length);
  return headers;
}

/** The headers for the application, flat. */
export function toApplication(headers: HeaderMap): string[] {
  const { connection } = headers;
  const named = connection === undefined || connection === 'keep-alive' ? null : namedIn(String(connection));
  const flat: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || ofConnection.has(name) || named?.has(name)) continue;
    if (typeof value === 'string') flat.push(name, value);
    else for (const one of value) flat.push(name, one);
  }
  return flat;
}

function namedIn(connection: string): ReadonlySet<string> {
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}
