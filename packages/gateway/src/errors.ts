// How a failure of the client is told to the application: as an error in the engine's shape. What may have been carried out and must not
// be repeated gets status 500, because common clients repeat 429, 502, 503 and 504 by themselves.
import type { CallAnswer, ClientError, Safety } from '@understudy/client/forward';
import type { EngineLikeError } from './http/index.ts';

const statuses: Readonly<Partial<Record<ClientError['code'], number>>> = {
  'deadline-exceeded': 504,
  overloaded: 429,
  'circuit-open': 503,
  unavailable: 503,
  closed: 503,
  'bad-response': 502,
  'invalid-request': 400,
  'too-large': 413,
};

const unclearType = 'understudy_outcome_unknown';

export function toEngineLike(error: ClientError, safety: Safety): EngineLikeError {
  // A repeated write that meets a conflict may have met itself.
  const isUnclear = error.outcome === 'unknown' && (safety === 'once' || error.code === 'conflict');
  const attempts = error.attempts.map(({ node, reason, sent, durationMs }) => ({
    node,
    reason,
    sent,
    took: Math.round(durationMs),
  }));
  return {
    status: isUnclear ? 500 : (statuses[error.code] ?? 503),
    type: isUnclear ? unclearType : `understudy_${error.code.replaceAll('-', '_')}`,
    reason: isUnclear ? `${error.message} It may have been carried out: read before it is sent again.` : error.message,
    retryAfterMs:
      error.retryAfterMs ?? (error.code === 'overloaded' || error.code === 'circuit-open' ? 1000 : undefined),
    details: { outcome: error.outcome, attempts },
  };
}

/** A write with this in its query is refused only when its version, or a later one, is there: what it was asked for holds. */
const ownVersion = /[?&]version_type=/;

/** Whether a write is refused because of what an earlier attempt of it may have done. */
export function isUnclearConflict({ status, maybeApplied, request }: CallAnswer): boolean {
  return status === 409 && maybeApplied && !ownVersion.test(request.path);
}

export const unclearConflict: EngineLikeError = {
  status: 500,
  type: unclearType,
  reason:
    'It was repeated, and another version of the document is there, which may be the work of its own earlier attempt. ' +
    'It may have been carried out: read before it is sent again.',
  details: { outcome: 'unknown' },
};
