// The problem that a caller gets for anything that was thrown.
import { EngineError } from './engine.ts';
import { Problem, type ProblemDetails } from './problem.ts';

export function problemOf(error: unknown): ProblemDetails {
  if (error instanceof Problem) return error.details;
  if (error instanceof EngineError) return engineProblem(error);
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, code: 'invalid', text: texts[code ?? ''] ?? 'The request is not valid.' };
  }
  return { status: 500, code: 'internal', text: 'The service failed; its log has the reason under this request_id.' };
}

/** Texts for the errors of Fastify itself. */
const texts: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is larger than this path takes.',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'The body must be sent as application/json (/bulk: application/x-ndjson).',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is shorter or longer than its Content-Length.',
  FST_ERR_BAD_URL: 'The path is not a valid URL: a percent sign is not followed by two hexadecimal digits of UTF-8.',
  FST_ERR_MAX_PARAM_LENGTH: 'A part of the path is too long.',
};

const codes = {
  unavailable: 'engine-unavailable',
  overloaded: 'overloaded',
  unknown: 'outcome-unknown',
  'write-blocked': 'write-blocked',
  'read-blocked': 'read-blocked',
  'queue-full': 'queue-full',
} as const;

/** The codes for an engine that did not answer. */
export const outageCodes: ReadonlySet<string> = new Set([codes.unavailable, codes.unknown]);

/**
 * No failure of the engine is answered with a 5xx: the balancer's passive check would take this machine, and then
 * every machine, out of rotation for a fault that is not theirs.
 */
export function engineProblem(error: EngineError): ProblemDetails {
  if (error.kind === 'refused') return { status: 400, code: 'engine-refused', text: error.message };
  return { status: 429, code: codes[error.kind], text: error.message, retryAfterS: error.retryAfterS ?? 1 };
}
