// Bodies: JSON as it was meant. What is not UTF-8 is refused instead of being stored with replacement characters.
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { invalid } from './problem.ts';

export function addBodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  // Lines are read one by one, so that a broken one fails alone.
  app.addContentTypeParser('application/x-ndjson', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** The value of a JSON text. An object may have a key such as __proto__: it is stored, never merged into anything. */
export function parseJson(bytes: Uint8Array): unknown {
  if (isUtf8(bytes)) {
    try {
      return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
    } catch {
      // Said below, in the same words.
    }
  }
  throw invalid('body', 'The body is not valid JSON in UTF-8.');
}
