// The one error of this room and its codes. Nothing here may hold a token or a body: only method, path and answers.
import { UnderstudyError } from '@understudy/foundation';
import type { LinodeReason } from './reason.ts';

export type LinodeErrorCode =
  | 'linode-unauthorized'
  | 'linode-forbidden'
  | 'linode-not-found'
  | 'linode-invalid'
  | 'linode-rate-limited'
  | 'linode-busy'
  | 'linode-unavailable'
  | 'linode-timeout'
  | 'linode-ambiguous'
  | 'linode-unexpected-answer';

/** What was asked of the API: enough to find the call again, nothing secret. */
export interface Operation {
  /** Our name of the call: `instances.create`. */
  readonly name: string;
  readonly method: string;
  /** Path below the base URL, without the query. */
  readonly path: string;
  /** The label in the body, when there is one: what a caller looks for after an ambiguous create. */
  readonly label?: string;
}

/**
 * A call to Linode's API that did not succeed. `status` is the HTTP status, absent when no answer came.
 * `linode-ambiguous`: a POST was sent and no answer came, so it may or may not have been carried out; observe first.
 */
export class LinodeError extends UnderstudyError {
  declare readonly code: LinodeErrorCode;
  readonly operation: Operation;
  readonly status: number | undefined;
  readonly errors: readonly LinodeReason[];

  constructor(
    code: LinodeErrorCode,
    message: string,
    options: {
      readonly operation: Operation;
      readonly status?: number;
      readonly errors?: readonly LinodeReason[];
      readonly facts?: Readonly<Record<string, unknown>>;
      readonly cause?: unknown;
    },
  ) {
    const { operation, status, errors = [], facts = {}, cause } = options;
    super(code, message, {
      facts: {
        operation: operation.name,
        method: operation.method,
        path: operation.path,
        ...(operation.label === undefined ? {} : { label: operation.label }),
        ...(status === undefined ? {} : { status }),
        ...(errors.length === 0 ? {} : { errors: errors.map(asSaid) }),
        ...facts,
      },
      ...(cause === undefined ? {} : { cause }),
    });
    this.name = 'LinodeError';
    this.operation = operation;
    this.status = status;
    this.errors = errors;
  }
}

/** As Linode said it. */
function asSaid({ reason, field }: LinodeReason): LinodeReason {
  return field === undefined ? { reason } : { reason, field };
}

/** True for a LinodeError, of one of the given codes when any are given. */
export function isLinodeError(error: unknown, ...codes: LinodeErrorCode[]): error is LinodeError {
  return error instanceof LinodeError && (codes.length === 0 || codes.includes(error.code));
}
