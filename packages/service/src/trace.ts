// The request id that is logged and returned, and the trace that the request belongs to.
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { keyPattern } from './auth/index.ts';

/** The caller's X-Request-Id when it is plain and short enough to be logged, or a new one. */
export function requestId(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id'];
  const isPlain = typeof given === 'string' && /^[\w.:+/=-]{1,128}$/.test(given);
  // A key that was sent here by mistake must not come into the log.
  return isPlain && !keyPattern.test(given) ? given : randomUUID();
}

/** `version-traceid-parentid-flags`, https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparentPattern = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:$|-)/;

/** The id of the trace that a request belongs to; undefined when the caller traces nothing. */
export function traceIdOf(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['traceparent'];
  return typeof given === 'string' ? traceparentPattern.exec(given)?.[1] : undefined;
}
