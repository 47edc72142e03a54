// The HTTP server of the region: loopback, with Linode's headers, errors, tokens and limits around the handlers.
import { createHash, timingSafeEqual } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Secret } from '@understudy/foundation';
import { ApiError, type Reason } from './answer.ts';
import type { Faults } from './faults.ts';
import { RateLimiter, type Limits } from './rate-limit.ts';
import type { Call, Json, RegionParts, Route } from './route.ts';
import { linodeTime } from '../state/events.ts';

export interface ApiToken {
  readonly token: Secret;
  /** OAuth scopes such as `linodes:read_write`; `*` is all of them. */
  readonly scopes: readonly string[];
}

export interface ServerParts {
  readonly region: RegionParts;
  readonly routes: readonly Route[];
  readonly faults: Faults;
  readonly limits: Limits;
  readonly tokens: readonly ApiToken[];
}

/** Headers of every answer, as recorded. */
const fixedHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Status',
  'cache-control': 'max-age=0, no-cache, no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-spec-version': '4.189.0',
  vary: 'Authorization, X-Filter',
};

const unavailable: Reason = { reason: 'Service unavailable' };
const timeoutMs = 120_000;

export function buildServer(parts: ServerParts): FastifyInstance {
  const server = Fastify({
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    bodyLimit: 1_048_576,
    forceCloseConnections: true,
  });
  server.removeAllContentTypeParsers();
  // Clients send JSON under several names, and DELETE with an empty body.
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error: unknown, _request, reply) => sendError(parts, reply, error));
  server.setNotFoundHandler((request, reply) => {
    authorise(parts, request, 'account:read_only', reply);
    return send(reply, 404, { errors: [{ reason: 'Not found' }] });
  });
  const limiter = new RateLimiter(parts.limits);
  for (const version of ['/v4', '/v4beta']) {
    for (const route of parts.routes) {
      server.route({
        method: route.method,
        url: `${version}${route.path}`,
        handler: (request, reply) => answer(parts, limiter, route, request, reply),
      });
    }
  }
  return server;
}

export function send(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  void reply.headers(fixedHeaders).status(status);
  // A buffer, since for objects the framework would add a charset, which a client of Linode's cannot read.
  void reply.header('content-type', 'application/json');
  return reply.send(Buffer.from(JSON.stringify(body)));
}

function sendError(parts: ServerParts, reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof ApiError) return send(reply, error.status, { errors: error.reasons });
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  if (status < 500) return send(reply, status, { errors: [{ reason: (error as Error).message }] });
  parts.region.logger({
    level: 'error',
    subject: 'api',
    text: `a handler failed: ${(error as Error).stack ?? String(error)}`,
  });
  return send(reply, 500, { errors: [{ reason: 'An unexpected error occurred' }] });
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** The token of the request; undefined when none is sent. Throws Linode's 401. */
export function tokenOf(tokens: readonly ApiToken[], request: FastifyRequest): ApiToken | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  const text = /^Bearer (.+)$/i.exec(header)?.[1] ?? '';
  const token = tokens.find((candidate) => sameText(candidate.token.reveal(), text));
  if (token === undefined) throw new ApiError(401, [{ reason: 'Invalid Token' }]);
  return token;
}

function covers(scopes: readonly string[], wanted: string): boolean {
  if (wanted === '*') return true;
  const [resource = '', access = ''] = wanted.split(':');
  return scopes.some(
    (scope) => scope === '*' || scope === wanted || (access === 'read_only' && scope === `${resource}:read_write`),
  );
}

function authorise(
  parts: ServerParts,
  request: FastifyRequest,
  scope: string | undefined,
  reply: FastifyReply,
): string {
  const token = tokenOf(parts.tokens, request);
  void reply.header('x-accepted-oauth-scopes', scope ?? '*');
  if (token === undefined) {
    if (scope !== undefined) throw new ApiError(401, [{ reason: 'Invalid Token' }]);
    return 'anonymous';
  }
  void reply.header('x-oauth-scopes', token.scopes.join(' '));
  if (scope !== undefined && !covers(token.scopes, scope)) {
    throw new ApiError(401, [{ reason: 'Your OAuth token is not authorized to use this endpoint.' }]);
  }
  return token.token.reveal();
}

function readBody(request: FastifyRequest): Json {
  const text = request.body;
  if (typeof text !== 'string' || text.trim() === '') return {};
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Json;
  } catch {
    // Said below.
  }
  throw new ApiError(400, [{ reason: 'Invalid JSON' }]);
}

async function answer(
  parts: ServerParts,
  limiter: RateLimiter,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { region, faults } = parts;
  const path = request.url.replace(/^\/v4(beta)?/, '').replace(/\?.*$/, '');
  const fault = faults.pick(
    ['rate-limit', 'unavailable', 'timeout', 'drop-before', 'drop-after'],
    path,
    request.method,
  );
  if (fault?.kind === 'drop-before') return dropConnection(request, reply);
  const token = authorise(parts, request, route.scope, reply);
  const allowance = limiter.take(token, route.rate ?? 'general', region.clock.now());
  void reply.headers({
    'x-ratelimit-limit': allowance.limit,
    'x-ratelimit-remaining': allowance.remaining,
    'x-ratelimit-reset': allowance.resetS,
  });
  if (!allowance.allowed || fault?.kind === 'rate-limit') {
    void reply.header('retry-after', fault?.retryAfterS ?? allowance.retryAfterS);
    return send(reply, 429, { errors: [{ reason: 'Too many requests' }] });
  }
  if (fault?.kind === 'unavailable') {
    if (fault.retryAfterS !== undefined) void reply.header('retry-after', fault.retryAfterS);
    return send(reply, 503, { errors: [unavailable] });
  }
  if (fault?.kind === 'timeout') {
    await region.clock.sleep(fault.delayMs ?? timeoutMs);
    return dropConnection(request, reply);
  }
  const body = await perform(region, route, request);
  if (fault?.kind === 'drop-after') return dropConnection(request, reply);
  // Only /profile/grants has nothing to say.
  if (body === undefined) return reply.headers(fixedHeaders).status(204).send();
  return send(reply, 200, faults.disturb(body, path, request.method));
}

/** Runs the handler; its changes are stored before the answer is sent. */
async function perform(region: RegionParts, route: Route, request: FastifyRequest): Promise<unknown> {
  const filter = request.headers['x-filter'];
  const call: Call = {
    ...region,
    params: request.params as Record<string, string>,
    query: request.query as Record<string, string>,
    body: readBody(request),
    filter: Array.isArray(filter) ? filter[0] : filter,
    time: linodeTime(region.clock.now()),
  };
  const body = await route.handle(call);
  if (route.method !== 'GET') {
    region.store.touch();
    await region.store.persist();
  }
  return body;
}

function dropConnection(request: FastifyRequest, reply: FastifyReply): undefined {
  reply.hijack();
  request.raw.socket.destroy();
  return undefined;
}
