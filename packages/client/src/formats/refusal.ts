// The errors for what the engine refuses, and for answers that are not the engine's. It decides nothing about repeating.
import { ClientError, type FailedAttempt, type Outcome } from '../model/errors.ts';
import { isBlock, toEngineError } from '../policy/classify.ts';

/** The type of the engine's refusal of a request whose entries name their index, among others. */
export const explicitIndexRefusal = 'illegal_argument_exception';

export interface RefusalContext {
  readonly attempts?: readonly FailedAttempt[];
  readonly outcome?: Outcome;
  /** A 404 or 409 is taken by its status alone, as an answer to HEAD must be. */
  readonly byStatus?: boolean;
}

/** The error for a status that is final, with the `error` of the body, if it has one. */
export function toRefusal(what: string, status: number, error: unknown, context: RefusalContext = {}): ClientError {
  const engineError = toEngineError(error);
  const { byStatus = false, ...rest } = context;
  const said = engineError ? ` (${engineError.type}: ${engineError.reason})` : '';
  const details = { ...rest, status, ...(engineError ? { engineError } : {}) };
  if (isBlock(status, engineError?.type))
    return new ClientError(
      'blocked',
      `${what}: the index or the cluster is blocked for this operation${said}.`,
      details,
    );
  if (status === 413) return new ClientError('too-large', `${what}: too large for the engine${said}.`, details);
  // Another server than the engine also says 404; only the engine's own error proves that the index or the document is missing.
  const isEngines = byStatus || engineError !== undefined;
  if (status === 409 && isEngines)
    return new ClientError(
      'conflict',
      `${what}: the document does not meet the condition of the write${said}.`,
      details,
    );
  if (status === 404 && isEngines) return new ClientError('not-found', `${what}: not found${said}.`, details);
  if (status < 400 || status === 404 || status === 409)
    return new ClientError('bad-response', `${what}: status ${status} without an error of the engine.`, details);
  return new ClientError('rejected', `${what}: the engine refused it with status ${status}${said}.`, details);
}

/** The error for an answer below 300 that is not what the engine answers to this. */
export function toUnreadable(what: string, status: number, outcome: Outcome): ClientError {
  return new ClientError(
    'bad-response',
    `${what}: status ${status} with a body that is not an answer of the engine to this request.`,
    {
      status,
      outcome,
    },
  );
}
