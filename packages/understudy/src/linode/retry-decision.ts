// The result of one attempt, and whether to retry: pure, so that every retry rule can be read and tested here.
import { isIP } from 'node:net';
import { LinodeError, type LinodeErrorCode, type Operation } from './error.ts';
import { reasonsIn, type LinodeReason } from './reason.ts';

export interface Answered {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** One attempt: an answer with its status, or none. */
export type Attempt =
  | Answered
  /** No answer within the attempt's time. */
  | { readonly kind: 'timeout'; readonly afterMs: number; readonly cause: unknown }
  /** No answer; `sent` is false when the connection was never made, so that Linode cannot have seen the request. */
  | { readonly kind: 'connection'; readonly sent: boolean; readonly reason: string; readonly cause: unknown };

export type RetryDecision =
  | { readonly next: 'done'; readonly answer: Answered }
  /** Try again, not before `waitMs` when Linode said so, `atMost` so often. `error` is what to raise in the end. */
  | { readonly next: 'retry'; readonly waitMs?: number; readonly atMost?: number; readonly error: LinodeError }
  | { readonly next: 'fail'; readonly error: LinodeError };

/**
 * Decides what an attempt means. Safe to repeat: 429, `Linode busy.` and 503 say that nothing was done; a lost
 * connection or a 408 only for methods that are idempotent. A POST without an answer is ambiguous and never repeated.
 */
export function decideRetry(operation: Operation, attempt: Attempt, now: number): RetryDecision {
  const idempotent = operation.method !== 'POST';
  if (attempt.kind === 'answer') return decideOnAnswer(operation, attempt, now, idempotent);
  const what =
    attempt.kind === 'timeout' ? `no answer within ${Math.round(attempt.afterMs)} ms` : `no answer (${attempt.reason})`;
  const cause = attempt.cause;
  const neverSent = attempt.kind === 'connection' && !attempt.sent;
  if (!idempotent && !neverSent) return { next: 'fail', error: ambiguous(operation, what, cause) };
  const code = attempt.kind === 'timeout' ? 'linode-timeout' : 'linode-unavailable';
  const message = `${describe(operation)}: ${what}; expected one. Check the network and the API's address, then run again.`;
  const error = new LinodeError(code, message, { operation, cause });
  return { next: 'retry', error, ...(neverSent ? { atMost: maxConnectAttempts } : {}) };
}

function decideOnAnswer(operation: Operation, answer: Answered, now: number, idempotent: boolean): RetryDecision {
  const { status, headers, body } = answer;
  if (status >= 200 && status < 300) return { next: 'done', answer };
  const errors = reasonsIn(body);
  const waitMs = retryAfterMs(headers, now);
  const retry = (code: LinodeErrorCode, toDo: string): RetryDecision => ({
    next: 'retry',
    ...(waitMs === undefined ? {} : { waitMs }),
    error: refusal(code, operation, status, errors, toDo),
  });
  const fail = (code: LinodeErrorCode, toDo: string, facts = {}): RetryDecision => ({
    next: 'fail',
    error: refusal(code, operation, status, errors, toDo, facts),
  });
  if (status === 429) return retry('linode-rate-limited', 'Wait for the limit to reset, or lower the concurrency.');
  if (status === 400 && errors.some(({ code }) => code === 'busy'))
    return retry('linode-busy', 'Another job of this instance runs; wait for its event to finish.');
  if (status === 503 && headers.has('x-maintenance-mode'))
    return fail('linode-unavailable', 'Linode is in maintenance; see its status page and run again later.', {
      maintenance: true,
    });
  if (status === 503) return retry('linode-unavailable', 'Linode asks for a later retry; run again.');
  if (status === 401 && !errors.some(({ code }) => code === 'scope'))
    return fail('linode-unauthorized', 'Set LINODE_TOKEN to a valid personal access token.');
  if (status === 401 || status === 403) {
    const scope = scopeFor(operation, headers);
    const tokenScopes = scopesOf(headers);
    const has = tokenScopes === undefined ? '' : ` and the token has ${tokenScopes.join(' ') || 'none'}`;
    const toDo = `The token or its user lacks a right: this call needs the scope ${scope}${has}.`;
    return fail('linode-forbidden', toDo, { scope, ...(tokenScopes === undefined ? {} : { tokenScopes }) });
  }
  if (status === 404) return fail('linode-not-found', 'It does not exist, or this token may not see it.');
  if (status === 408 || status >= 500) {
    if (!idempotent) return { next: 'fail', error: ambiguous(operation, `status ${status}`, undefined, status) };
    return retry(status === 408 ? 'linode-timeout' : 'linode-unavailable', 'Run again.');
  }
  return fail('linode-invalid', 'Linode rejected the request; change what the reasons name.');
}

function refusal(
  code: LinodeErrorCode,
  operation: Operation,
  status: number,
  errors: readonly LinodeReason[],
  toDo: string,
  facts: Readonly<Record<string, unknown>> = {},
): LinodeError {
  const said = errors.map(({ reason, field }) => (field === undefined ? reason : `${field}: ${reason}`)).join('; ');
  const seen = said === '' ? `status ${status}` : `status ${status}, ${said}`;
  return new LinodeError(code, `${describe(operation)}: ${seen}; expected success. ${toDo}`, {
    operation,
    status,
    errors,
    facts,
  });
}

function ambiguous(operation: Operation, what: string, cause: unknown, status?: number): LinodeError {
  const lookFor =
    operation.label === undefined ? 'what it would have changed' : `an object labelled ${operation.label}`;
  return new LinodeError(
    'linode-ambiguous',
    `${describe(operation)}: ${what} after the request was sent, so it may have been carried out. ` +
      `Look for ${lookFor} before asking again.`,
    { operation, ...(status === undefined ? {} : { status }), ...(cause === undefined ? {} : { cause }) },
  );
}

export function describe({ name, method, path }: Operation): string {
  return `${name} (${method} ${path})`;
}

/** Retry-After in seconds or as a date; without it, X-RateLimit-Reset (epoch seconds) of an exhausted limit. */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const after = headers.get('retry-after');
  if (after !== null) {
    const seconds = Number(after);
    const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(after) - now;
    if (Number.isFinite(ms)) return Math.max(0, ms);
  }
  const reset = Number(headers.get('x-ratelimit-reset') ?? NaN);
  const exhausted = headers.get('x-ratelimit-remaining') === '0';
  return exhausted && Number.isFinite(reset) ? Math.max(0, reset * 1000 - now) : undefined;
}

const scopes: readonly (readonly [prefix: string, scope: string])[] = [
  ['/linode', 'linodes'],
  ['/placement', 'linodes'],
  ['/vpcs', 'vpc'],
  ['/networking/firewalls', 'firewall'],
  ['/nodebalancers', 'nodebalancers'],
  ['/images', 'images'],
  ['/account/events', 'events'],
  ['/account', 'account'],
  ['/profile', 'account'],
];

/** Scopes of the token in use, from the header that Linode adds to its answers. */
export function scopesOf(headers: Headers): readonly string[] | undefined {
  return headers
    .get('x-oauth-scopes')
    ?.split(/[\s,]+/)
    .filter((scope) => scope !== '');
}

function scopeFor({ method, path }: Operation, headers: Headers): string {
  const accepted = headers.get('x-accepted-oauth-scopes');
  if (accepted !== null && accepted !== '') return accepted;
  const scope = scopes.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'account';
  return `${scope}:${method === 'GET' ? 'read_only' : 'read_write'}`;
}

/** A refused connection on loopback (a lab that is not up) is reported in seconds, not at the deadline. */
const maxConnectAttempts = 5;

/** Connection failures that happen before a byte of the request leaves. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Reads what fetch threw. */
export function connectionFailure(error: unknown): Attempt {
  const codes = errorCodes(error);
  return {
    kind: 'connection',
    sent: !codes.some((code) => neverSent.has(code)),
    reason: codes[0] ?? (error instanceof Error ? error.message : 'unknown'),
    cause: error,
  };
}

function errorCodes(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? (error.errors as unknown[]).slice(0, 1) : [];
  return [...own, ...inner.flatMap(errorCodes), ...errorCodes(error.cause)];
}

/** Plain HTTP would show the token to the network; only a lab on this machine may use it. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
