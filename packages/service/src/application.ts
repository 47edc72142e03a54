// The HTTP application of one worker: hooks, errors and logs of every route. It opens no port and reads no environment.
import type { Socket } from 'node:net';
import { stringifyExact } from '@understudy/client';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type HTTPMethods } from 'fastify';
import type { ApplicationOptions } from './application-options.ts';
import { neededFor, securityHeaders, strictTransport } from './auth/index.ts';
import { EngineError } from './engine.ts';
import { problemOf } from './failure.ts';
import { httpsUrl } from './https-redirect.ts';
import { limits } from './limits.ts';
import { Problem, problemBody, type ProblemDetails } from './problem.ts';
import { addBodyParsers, unreadableBody } from './request-body.ts';
import { acmeChallengeRoute, addAcmeChallengeRoute } from './routes/acme-challenge.ts';
import { addDocumentRoutes } from './routes/documents.ts';
import { addOperatorRoutes } from './routes/operator.ts';
import { addReferenceRoutes } from './routes/reference.ts';
import { addWhoamiRoute } from './routes/whoami.ts';
import { requestId, traceIdOf } from './trace.ts';

/** Requests slower than this are logged whatever they were answered. */
const slowMs = 1000;

export function createApplication(options: ApplicationOptions): FastifyInstance {
  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    answerProblem(options, error, request, reply);
  };
  const app = Fastify({
    bodyLimit: limits.bodyBytes,
    // A body that arrives slowly holds a connection no longer than this.
    requestTimeout: 30_000,
    genReqId: (request) => requestId(request.headers),
    routerOptions: { maxParamLength: 3 * limits.idBytes },
    frameworkErrors: fail,
    clientErrorHandler: answerBrokenRequest,
    logger: false,
  });
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat())
      if (neededFor(one, url) === undefined) throw new Error(`${one} ${url} has no scope; see auth/scopes.ts`);
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders).header('x-request-id', request.id);
    if (request.headers['x-forwarded-proto'] === 'https') reply.header('strict-transport-security', strictTransport);
    if (options.draining()) reply.header('connection', 'close');
    options.metrics.inFlight.inc();
    const isForAuthority = request.routeOptions.url === acmeChallengeRoute;
    const elsewhere = isForAuthority ? undefined : httpsUrl(request, options.configuration.httpsPort);
    if (elsewhere instanceof Problem) return done(elsewhere);
    // 308: the method and the body stay as they are (RFC 9110, 15.4.9).
    if (elsewhere !== undefined) return void reply.redirect(elsewhere, 308);
    // Before the body is read: a wrong path or method is reported first, then who calls, whatever the body is.
    if (request.is404) return done(unknownRoute(app, request));
    const refusal = options.guard.check(request);
    if (refusal instanceof Promise) refusal.then((found) => done(found ?? unreadableBody(request)), done);
    else done(refusal ?? unreadableBody(request));
  });
  app.addHook('onResponse', (request, reply, done) => {
    record(options, request, reply);
    done();
  });
  app.setErrorHandler(async (error, request, reply) => {
    const isOutage = error instanceof EngineError && error.isOutage;
    if (!isOutage || (await options.relay?.answer(request, reply)) !== true) fail(error, request, reply);
    return reply;
  });
  // Documents may hold bigints.
  app.setReplySerializer((payload) => stringifyExact(payload) as string);
  addBodyParsers(app, options.guard);
  addDocumentRoutes(app, options);
  addOperatorRoutes(app, options);
  addReferenceRoutes(app, options.configuration.auth.mode === 'public');
  addWhoamiRoute(app, options.guard);
  addAcmeChallengeRoute(app, options.configuration.acmeChallenges);
  return app;
}

/** Counts and logs a finished request. No query, id or body is logged: they belong to the callers. */
function record(options: ApplicationOptions, request: FastifyRequest, reply: FastifyReply): void {
  const { logger, metrics } = options;
  const route = request.routeOptions.url ?? 'none';
  const elapsedMs = reply.elapsedTime;
  metrics.inFlight.dec();
  metrics.request(route, request.method, reply.statusCode, elapsedMs / 1000);
  const level = reply.statusCode >= 500 || elapsedMs > slowMs ? 'info' : 'debug';
  if (!logger.isLevelEnabled(level)) return;
  const traceId = traceIdOf(request.headers);
  logger[level](
    {
      request_id: request.id,
      ...(traceId === undefined ? {} : { trace_id: traceId }),
      caller: options.guard.callerOf(request).id,
      method: request.method,
      route,
      status: reply.statusCode,
      ms: Math.round(elapsedMs * 10) / 10,
    },
    'request',
  );
}

function answerProblem(
  { logger, metrics }: ApplicationOptions,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const details = problemOf(error);
  if (error instanceof EngineError) {
    metrics.engineFailures.inc({ kind: error.kind });
    logger.warn({ request_id: request.id, err: error }, 'the engine did not serve a request');
  } else if (details.status >= 500) {
    logger.error({ request_id: request.id, err: error }, 'internal fault');
  }
  sendProblem(details, request, reply);
}

function sendProblem(details: ProblemDetails, request: FastifyRequest, reply: FastifyReply): void {
  if (details.retryAfterS !== undefined) reply.header('retry-after', details.retryAfterS);
  if (details.headers !== undefined) reply.headers(details.headers);
  if (details.title !== undefined) reply.type('application/problem+json; charset=utf-8');
  reply.code(details.status).send(problemBody(details, request.id));
}

/** 404, or 405 with the methods that the path has. */
function unknownRoute(app: FastifyInstance, request: FastifyRequest): Problem {
  const path = request.url.split('?', 1)[0] as string;
  const allowed = (['GET', 'POST', 'DELETE'] as const).filter((method) => hasRoute(app, method, path));
  if (allowed.length === 0) {
    const text = 'There is nothing at this path; GET /docs lists what there is.';
    return new Problem({ status: 404, code: 'not-found', text });
  }
  const text = `This path takes ${allowed.join(' and ')}, not ${request.method}.`;
  return new Problem({ status: 405, code: 'method-not-allowed', text, headers: { allow: allowed.join(', ') } });
}

function hasRoute(app: FastifyInstance, method: HTTPMethods, path: string): boolean {
  // The declared type lacks the case that there is no such route.
  return (app.findRoute({ method, url: path }) as unknown) !== null;
}

/** Bytes that are not HTTP never become a request, so they are answered on the socket. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const statuses: Readonly<Record<string, string>> = {
    ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
    HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  };
  const status = statuses[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({ error: `The request is not valid HTTP: ${status.slice(4)}.`, code: 'invalid' });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}
