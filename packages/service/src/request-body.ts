// Parses request bodies. Text that is not UTF-8 is refused instead of being stored with replacement characters, and so is a
// compressed body: its size is not known before it is decompressed.
import { isUtf8 } from 'node:buffer';
import { parseExact } from '@understudy/client';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { digestOf, unauthenticated, type Guard } from './auth/index.ts';
import { Problem, invalid } from './problem.ts';

export function addBodyParsers(app: FastifyInstance, guard: Guard): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      refuseChanged(guard, request, body as Buffer);
      done(null, parseJson(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  // Lines are parsed one by one, so that an invalid one fails alone.
  app.addContentTypeParser('application/x-ndjson', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      refuseChanged(guard, request, body as Buffer);
      done(null, body);
    } catch (error) {
      done(error as Error);
    }
  });
}

/** A peer signs the body of what it passes on. */
function refuseChanged(guard: Guard, request: FastifyRequest, body: Buffer): void {
  const { digest } = guard.callerOf(request);
  if (digest !== undefined && digest !== digestOf(body)) throw unauthenticated('peer');
}

/** The problem of a body that its headers declare unreadable here; undefined when there is none. */
export function unreadableBody({ method, headers }: FastifyRequest): Problem | undefined {
  if (method !== 'POST') return undefined;
  const encoding = headers['content-encoding'] ?? '';
  if (encoding !== '' && encoding.toLowerCase() !== 'identity') {
    const text = `The body has Content-Encoding ${encoding}; send it without one.`;
    // RFC 9110, 15.5.16: what would be accepted.
    const accepted = { 'accept-encoding': 'identity' };
    return new Problem({ status: 415, code: 'invalid', field: 'Content-Encoding', text, headers: accepted });
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset === undefined || /^utf-?8$/i.test(charset)) return undefined;
  const text = `The body has the charset ${charset}; send it in UTF-8.`;
  return new Problem({ status: 415, code: 'invalid', field: 'Content-Type', text });
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The value of a JSON text, whole numbers beyond 2^53 as bigints. An object may have a key such as __proto__: it is stored, never merged into anything. */
export function parseJson(bytes: Uint8Array): unknown {
  if (byteOrderMark.equals(bytes.subarray(0, byteOrderMark.length))) {
    throw invalid('body', 'The body begins with a byte order mark; send the same JSON without it.');
  }
  if (isUtf8(bytes)) {
    try {
      return parseExact(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
    } catch {
      // Refused below, with the same text.
    }
  }
  throw invalid('body', 'The body is not valid JSON in UTF-8.');
}
