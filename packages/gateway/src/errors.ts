// How a failure of the client is told to the application: as an error in the engine's shape. What may have been carried out and must not
// be repeated gets status 500, because common clients repeat 429, 502, 503 and 504 by themselves.
import type { ClientError, Safety } from '@understudy/client/forward';
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

export function toEngineLike(error: ClientError, safety: Safety): EngineLikeError {
  const isUnclear = error.outcome === 'unknown' && safety === 'once';
  const attempts = error.attempts.map(({ node, reason, sent, durationMs }) => ({
    node,
    reason,
    sent,
    took: Math.round(durationMs),
  }));
  return {
    status: isUnclear ? 500 : (statuses[error.code] ?? 503),
    type: `understudy_${isUnclear ? 'outcome_unknown' : error.code.replaceAll('-', '_')}`,
    reason: isUnclear ? `${error.message} It may have been carried out: read before it is sent again.` : error.message,
    retryAfterMs:
      error.retryAfterMs ?? (error.code === 'overloaded' || error.code === 'circuit-open' ? 1000 : undefined),
    details: { outcome: error.outcome, attempts },
  };
}
