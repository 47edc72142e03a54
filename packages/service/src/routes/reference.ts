// The routes that explain the API: as OpenAPI and as a page.
import type { FastifyInstance } from 'fastify';
import { openApi } from '../reference/openapi.ts';
import { referencePage } from '../reference/page.ts';

export function addReferenceRoutes(app: FastifyInstance): void {
  const document = JSON.stringify(openApi);
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
