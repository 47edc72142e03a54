// Index and search with Express and the engine's own client. SIGTERM ends it when the requests in flight are answered.
import { Client, errors } from '@elastic/elasticsearch';
import express from 'express';

const { ES_HOST = 'http://localhost:9200', HOST = '127.0.0.1', PORT = '5000', INDEX = 'documents' } = process.env;
const engine = new Client({ node: ES_HOST, requestTimeout: 10_000, maxRetries: 3 });
const app = express();
app.disable('x-powered-by');
app.use(express.json({ limit: '1mb' }));

// What the balancer asks: it never depends on the engine.
app.get('/healthz', (_request, response) => response.json({ status: 'ok' }));

app.get('/readyz', async (_request, response) => {
  await engine.cluster.health({ timeout: '1s' }, { requestTimeout: 2000, maxRetries: 0 });
  response.json({ status: 'ok' });
});

app.post('/index', async (request, response) => {
  const { id, data } = request.body ?? {};
  if (!id || !data) return response.status(400).json({ error: "Missing 'id' or 'data'" });
  const document = { id, content: texts(data).join('\n'), data };
  response.status(201).json(await engine.index({ index: INDEX, id: String(id), document }));
});

app.get('/documents/:id', async (request, response) => {
  const { _source: found } = await engine.get({ index: INDEX, id: request.params.id });
  response.json(found);
});

app.get('/search', async (request, response) => {
  const { q } = request.query;
  if (typeof q !== 'string' || q === '') return response.status(400).json({ error: "Missing 'q' query parameter" });
  const { hits } = await engine.search({ index: INDEX, query: { match: { content: q } } });
  response.json(hits.hits);
});

/** Every text that is anywhere in a document. */
function texts(value) {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(texts) : [];
}

// 429, not 5xx: the balancer takes a machine out at a 5xx, and the engine's faults are not this machine's.
app.use((error, _request, response, next) => {
  if (response.headersSent) return next(error);
  if (!(error instanceof errors.ElasticsearchClientError)) return next(error);
  const status = error.statusCode ?? 0;
  if ([400, 404, 413].includes(status))
    return response.status(status === 404 ? 404 : 400).json({ error: error.message });
  response.status(429).set('Retry-After', '1').json({ error: error.message });
});

const server = app.listen(Number(PORT), HOST);
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
