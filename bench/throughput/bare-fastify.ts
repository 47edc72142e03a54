// A service without this project: Fastify and the official client with its defaults, the same documents and answers.
import { Client } from '@elastic/elasticsearch';
import Fastify from 'fastify';

const index = process.env['INDEX'] ?? 'documents';
const client = new Client({ nodes: (process.env['ES_HOSTS'] ?? 'http://127.0.0.1:9200').split(',') });
const app = Fastify();

app.post<{ Body: { id?: string; data?: unknown } }>('/index', async (request, reply) => {
  const { id, data } = request.body;
  if (id === undefined || data === undefined) return reply.code(400).send({ error: "Missing 'id' or 'data'" });
  const content = texts(data).join('\n');
  return reply.code(201).send(await client.index({ index, id, document: { id, content, data } }));
});

app.get<{ Querystring: { q?: string } }>('/search', async (request, reply) => {
  const { q } = request.query;
  if (q === undefined) return reply.code(400).send({ error: "Missing 'q' query parameter" });
  const found = await client.search({ index, query: { match: { content: q } }, size: 10, track_total_hits: false });
  return found.hits.hits;
});

app.get('/healthz', () => ({ status: 'ok' }));

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
