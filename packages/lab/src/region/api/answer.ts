// Linode's error answer: a status and a list of reasons, each with the field it is about.

export interface Reason {
  readonly reason: string;
  readonly field?: string;
}

/** Thrown by a handler; the server turns it into `{"errors": [...]}`. */
export class ApiError extends Error {
  readonly status: number;
  readonly reasons: readonly Reason[];

  constructor(status: number, reasons: readonly Reason[]) {
    super(reasons.map((r) => (r.field === undefined ? r.reason : `${r.field}: ${r.reason}`)).join('; '));
    this.name = 'ApiError';
    this.status = status;
    this.reasons = reasons;
  }
}

export function refuse(reason: string, field?: string): ApiError {
  return new ApiError(400, [field === undefined ? { reason } : { reason, field }]);
}

export function notFound(): ApiError {
  return new ApiError(404, [{ reason: 'Not found' }]);
}

/** The object, or Linode's 404. */
export function found<T>(value: T | undefined): T {
  if (value === undefined) throw notFound();
  return value;
}

/** As recorded: the error of an instance that is busy. */
export function busy(): ApiError {
  return refuse('Linode busy.');
}
