// The routes that explain the API: as OpenAPI and as a page.
import type { FastifyInstance } from 'fastify';
import { referencePage } from '../reference/page.ts';
import { openApiFor } from '../reference/with-login.ts';

/** `isPublic`: callers need no credential. */
export function addReferenceRoutes(app: FastifyInstance, isPublic: boolean): void {
  const document = JSON.stringify(openApiFor(isPublic));
  const page = referencePage();
  app.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(document));
  app.get('/docs', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header(
        'content-security-policy',
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      )
      .send(page),
  );
}
