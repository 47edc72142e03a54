// The routes that callers use: index, bulk, search, and one document by its id.
import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ApplicationOptions } from '../application-options.ts';
import { isOutage, readBulk, writeBulk } from '../bulk.ts';
import { readDocument, readId } from '../document.ts';
import type { Writer } from '../engine.ts';
import { limits } from '../limits.ts';
import { Problem } from '../problem.ts';
import { readPreference } from '../queue/preference.ts';
import { writerFor } from '../queue/queuing-writer.ts';
import { search } from '../search.ts';
import { readSearchRequest } from '../search-request.ts';

export function addDocumentRoutes(app: FastifyInstance, { engine, queue, relay }: ApplicationOptions): void {
  const writerOf = ({ headers }: FastifyRequest): Writer => writerFor(engine, queue, readPreference(headers['prefer']));

  app.post('/index', async (request, reply) => {
    const result = await writerOf(request).write(readDocument(request.body));
    if (result.result !== 'queued') return reply.code(201).send(result);
    reply.header('location', `/documents/${encodeURIComponent(result._id)}`);
    return reply.code(202).header('preference-applied', 'respond-async').send(result);
  });

  app.post('/bulk', { bodyLimit: limits.bulkBytes }, async (request, reply) => {
    // A body of no bytes is not parsed; when it says that it is NDJSON, it is NDJSON without lines.
    const isEmpty = request.body === undefined && request.headers['content-type'] !== undefined;
    const answer = await writeBulk(writerOf(request), readBulk(isEmpty ? new Uint8Array() : request.body));
    return isOutage(answer) && (await relay?.answer(request, reply)) === true ? reply : answer;
  });

  app.get<{ Querystring: Record<string, unknown> }>('/search', async ({ query }) => {
    const asked = readSearchRequest(query);
    // Copies of a shard score a little differently; a listing that is paged through keeps to one of them.
    const preference = asked.after === undefined ? {} : { preference: `q${hash('sha1', asked.query)}` };
    return await search(engine, asked, preference);
  });

  app.get<{ Params: { id: string } }>('/documents/:id', async ({ params }) => {
    const hit = await engine.get(readId(params.id));
    return hit ?? notFound();
  });

  app.delete<{ Params: { id: string } }>('/documents/:id', async ({ params }, reply) => {
    const removed = await engine.remove(readId(params.id));
    return removed ? reply.code(204).send() : notFound();
  });
}

function notFound(): never {
  throw new Problem({ status: 404, code: 'not-found', text: 'There is no document with this id.' });
}
