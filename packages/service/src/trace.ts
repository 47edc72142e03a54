// Who asked: the request id that is logged and given back, and the W3C trace context that goes along with it.
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The caller's X-Request-Id when it is plain and short enough to be logged, or a new one. */
export function requestId(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:+/=-]{1,128}$/.test(given) ? given : randomUUID();
}

/** `version-traceid-parentid-flags`, https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparentPattern = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-([\da-f]{2})(?:$|-)/;

/** The trace a request belongs to: the caller's, with a span of ours in it; undefined when the caller traces nothing. */
export function traceOf(headers: IncomingHttpHeaders): { traceId: string; traceparent: string } | undefined {
  const given = headers.traceparent;
  const match = typeof given === 'string' ? traceparentPattern.exec(given) : null;
  const [, traceId, flags] = match ?? [];
  if (traceId === undefined || flags === undefined) return undefined;
  return { traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}` };
}
