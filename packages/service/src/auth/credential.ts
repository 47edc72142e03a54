// Reads the credential of a request: one Authorization header, never the URL.
import type { IncomingMessage } from 'node:http';
import { unauthenticated } from './refusal.ts';

/** Nothing that is longer is hashed or parsed. */
const mostCharacters = 8192;

/** Parameters that other services take keys in (RFC 6750, 2.3 and usual names); this one refuses them. */
const queryNames = /(?:^|&)(?:access_token|api[-_]?key|key|token|authorization|bearer)(?:=|&|$)/i;

/** `us_ID_SECRET`: 32 random bytes in base64url after the id. */
export const keyPattern = /us_([a-z][a-z0-9-]{0,31})_([A-Za-z0-9_-]{43})/;
const wholeKey = new RegExp(`^${keyPattern.source}$`);

export interface KeyWords {
  readonly id: string;
  readonly secret: string;
}

/** Undefined: it is no key of ours, and may be a token. */
export function keyWords(credential: string): KeyWords | undefined {
  const [, id, secret] = wholeKey.exec(credential) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** What follows `Bearer`. Throws the refusal of a request that has none, several, or one in its URL. */
export function credentialOf({ url = '', headers, rawHeaders }: IncomingMessage): string {
  refuseInQuery(url);
  const given = headers.authorization;
  if (given === undefined) throw unauthenticated('missing');
  // Node keeps the first of several; which one was meant is not for us to guess.
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === 'authorization') count += 1;
  if (count > 1) throw unauthenticated('repeated');
  if (given.length > mostCharacters) throw unauthenticated('too-long');
  const credential = /^bearer +([\w.~+/=-]+)$/i.exec(given)?.[1];
  if (credential === undefined) throw unauthenticated('malformed');
  return credential;
}

function refuseInQuery(url: string): void {
  const mark = url.indexOf('?');
  if (mark === -1) return;
  const query = url.slice(mark + 1);
  if (queryNames.test(query) || keyPattern.test(query)) throw unauthenticated('in-query');
}
