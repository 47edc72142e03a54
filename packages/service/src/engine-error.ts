// What a failure of the client means to a caller of the service. Pure.
import { isClientError, type ClientError } from '@understudy/client';
import { EngineError } from './engine.ts';

/** What the client can fail with; the queue is ours. */
type ClientFailure = Exclude<EngineError['kind'], 'queue-full'>;
type Operation = 'read' | 'write';

/** No node took the request in time; every other cause of `unavailable` is a wrong configuration, which time does not repair. */
const outages: ReadonlySet<ClientError['code']> = new Set(['circuit-open', 'deadline-exceeded', 'unavailable']);

/** A block is removed by an operator, or by the engine at its next check of the disks, every 30 s. */
const blockedRetryAfterS = 30;

/** Throws an error again that is not the client's: it is a bug of the service. */
export function engineError(error: unknown, operation: Operation): EngineError {
  if (!isClientError(error)) throw error;
  const kind = failureKind(error, operation);
  const isOutage = kind === 'unknown' || (kind === 'unavailable' && outages.has(error.code));
  const retryAfterS = retryAfter(error, kind);
  return new EngineError(kind, texts[kind](error), {
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
    isOutage,
    cause: error,
  });
}

function retryAfter({ retryAfterMs }: ClientError, kind: ClientFailure): number | undefined {
  if (kind === 'write-blocked' || kind === 'read-blocked') return blockedRetryAfterS;
  return retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000));
}

function failureKind(error: ClientError, operation: Operation): ClientFailure {
  if (error.outcome === 'unknown') return 'unknown';
  if (error.code === 'overloaded') return 'overloaded';
  if (error.code === 'too-large' || error.code === 'invalid-request') return 'refused';
  // A write creates the index, unless the engine is not allowed to: then no write is accepted until an operator creates it.
  if (error.code === 'blocked' || error.code === 'not-found') return `${operation}-blocked`;
  // Forbidden: a wrong configuration of the service, not of the request.
  if (isForbidden(error)) return 'unavailable';
  return error.code === 'rejected' && (error.status ?? 500) < 500 ? 'refused' : 'unavailable';
}

function isForbidden({ status }: ClientError): boolean {
  return status === 401 || status === 403;
}

const texts: Readonly<Record<ClientFailure, (error: ClientError) => string>> = {
  unknown: () =>
    'The search engine did not acknowledge the write in time; it may have been done. Repeating it is safe.',
  overloaded: () => 'The search engine is overloaded.',
  refused: (error) => `The search engine refused the request: ${error.engineError?.reason ?? error.message}`,
  'write-blocked': (error) => `The search engine accepts no writes now: ${blockText(error)}`,
  'read-blocked': (error) => `The search engine serves no reads now: ${blockText(error)}`,
  unavailable: unavailableText,
};

/** The block as the engine describes it, and what removes it. */
function blockText({ code, status, engineError: said }: ClientError): string {
  const reason = said?.reason ?? `status ${String(status)}`;
  if (code === 'not-found') return `${reason}. Create the index, or allow the engine to.`;
  if (said?.type === 'index_closed_exception') return 'the index is closed. Open it: POST /INDEX/_open.';
  // The one block that the engine sets and lifts by itself.
  if (status === 429)
    return `${reason} Free or add disk space on the search machines; the engine then lifts the block.`;
  return `${reason} It was set by an operator; remove the setting index.blocks or cluster.blocks when it is not needed.`;
}

function unavailableText(error: ClientError): string {
  if (error.code === 'circuit-open') return 'The search engine is known to be down; nothing was sent to it.';
  if (outages.has(error.code)) return 'The search engine did not answer in time.';
  const status = error.status === undefined ? '' : ` and status ${error.status}`;
  if (isForbidden(error))
    return `The search engine refuses this service (status ${error.status}); check its user and password.`;
  return `The search engine gave no usable answer (code ${error.code}${status}); the log of the service has the reason.`;
}
