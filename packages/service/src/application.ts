// The HTTP application of one worker: routes, how a failure becomes an answer, what is logged. It listens to nothing.
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Configuration } from './configuration.ts';
import { limits, readDocument } from './document.ts';
import { EngineError, type Engine } from './engine.ts';
import { metricsContentType, type Metrics } from './metrics.ts';
import { Problem, problemBody, type ProblemDetails } from './problem.ts';
import { readSearchRequest, searchBody } from './search-request.ts';
import { requestId } from './trace.ts';

export interface ApplicationOptions {
  readonly configuration: Configuration;
  readonly engine: Engine;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The Prometheus page of all workers. */
  readonly allMetrics: () => Promise<string>;
  /** True while the process is about to stop: liveness says no, everything else still answers. */
  readonly draining: () => boolean;
}

export function createApplication(options: ApplicationOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: limits.bodyBytes,
    genReqId: (request) => requestId(request.headers),
    routerOptions: { maxParamLength: 3 * limits.idBytes },
    // The body is only stored and searched, never merged into objects, so a key such as __proto__ does no harm.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    logger: false,
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    if (options.draining()) reply.header('connection', 'close');
    options.metrics.inFlight.inc();
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    options.metrics.inFlight.dec();
    const route = request.routeOptions.url ?? 'none';
    options.metrics.request(route, request.method, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
  app.setErrorHandler((error, request, reply) => answerFailure(options.logger, error, request, reply));
  addDocumentRoutes(app, options.engine);
  addHealthRoutes(app, options);
  return app;
}

function addDocumentRoutes(app: FastifyInstance, engine: Engine): void {
  app.post('/index', async (request, reply) => {
    const result = await engine.write(readDocument(request.body));
    return reply.code(201).send(result);
  });
  app.get('/search', async (request) => {
    const search = readSearchRequest(request.query as Record<string, unknown>);
    return await engine.search(searchBody(search));
  });
}

function addHealthRoutes(app: FastifyInstance, options: ApplicationOptions): void {
  const { configuration, engine, draining, allMetrics } = options;
  app.get('/healthz', (_request, reply) => {
    // 503 is meant to be seen by the balancer: this process will be gone when the drain is over.
    if (draining()) return reply.code(503).send({ status: 'draining' });
    return reply.send({ status: 'ok' });
  });
  app.get('/readyz', async (_request, reply) => {
    try {
      await engine.ready();
    } catch (error) {
      throw new EngineError('unavailable', `The search engine is not ready: ${(error as Error).message}`, {
        cause: error,
      });
    }
    return await reply.send({ status: 'ok' });
  });
  app.get('/metrics', async (request, reply) => {
    // The balancer adds X-Forwarded-For to whatever it passes on; the numbers are for the operator, not for its callers.
    if (configuration.metrics === 'direct' && request.headers['x-forwarded-for'] !== undefined) {
      throw new Problem({
        status: 404,
        code: 'metrics-hidden',
        text: 'Metrics are not shown through a balancer; ask a service machine directly, or set METRICS=public.',
      });
    }
    return reply.type(metricsContentType).send(await allMetrics());
  });
}

async function answerFailure(
  logger: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const details = detailsOf(error);
  if (details.status >= 500) logger.error({ request_id: request.id, err: error }, 'internal fault');
  else if (error instanceof EngineError) logger.warn({ request_id: request.id, err: error }, 'engine failure');
  if (details.retryAfterS !== undefined) reply.header('retry-after', details.retryAfterS);
  if (details.allow !== undefined) reply.header('allow', details.allow);
  await reply.code(details.status).send(problemBody(details, request.id));
}

/** What the caller is told about anything that was thrown. */
function detailsOf(error: unknown): ProblemDetails {
  if (error instanceof Problem) return error.details;
  if (error instanceof EngineError) return engineDetails(error);
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, code: 'invalid', text: message ?? 'The request is not valid.' };
  }
  return { status: 500, code: 'internal', text: 'The service failed; its log has the reason under this request_id.' };
}

/**
 * No failure of the engine is answered with a 5xx: the balancer's passive check would take this machine, and then
 * every machine, out of rotation for a fault that is not theirs.
 */
function engineDetails(error: EngineError): ProblemDetails {
  if (error.kind === 'refused') return { status: 400, code: 'engine-refused', text: error.message };
  const codes = { unavailable: 'engine-unavailable', overloaded: 'overloaded', unknown: 'outcome-unknown' } as const;
  return { status: 429, code: codes[error.kind], text: error.message, retryAfterS: error.retryAfterS ?? 1 };
}
