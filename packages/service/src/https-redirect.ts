// Sends users who came to the balancer by http to its https listener. The balancer says in X-Forwarded-Proto how they came; its own checks
// and calls from inside have no such header, and are served.
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

const hostPattern = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** The same URL by https; undefined when the request is served here; the refusal of one whose host cannot be told. */
export function httpsUrl({ headers, url }: FastifyRequest, port: number | undefined): string | Problem | undefined {
  if (port === undefined || headers['x-forwarded-proto'] !== 'http') return undefined;
  const [, name] = hostPattern.exec(headers.host ?? '') ?? [];
  if (name === undefined || !url.startsWith('/')) {
    const text = 'This service is reached by https alone, and the Host header does not say where that is.';
    return new Problem({ status: 400, code: 'invalid', field: 'Host', text });
  }
  return `https://${name}${port === 443 ? '' : `:${port}`}${url}`;
}
