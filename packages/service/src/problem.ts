// The errors that a caller of the service gets: status, text, a stable code, and the field at fault.

export interface ProblemDetails {
  readonly status: number;
  readonly code: string;
  readonly text: string;
  /** Makes the answer problem+json (RFC 9457), with the members of it beside our own. */
  readonly title?: string;
  readonly field?: string;
  /** Whole seconds; becomes the Retry-After header. */
  readonly retryAfterS?: number;
  /** Further members of the body. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Further headers of the answer, such as `allow`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown anywhere below a route; the application turns it into the answer. */
export class Problem extends Error {
  readonly details: ProblemDetails;

  constructor(details: ProblemDetails, cause?: unknown) {
    super(details.text, cause === undefined ? undefined : { cause });
    this.name = 'Problem';
    this.details = details;
  }
}

/** The two answers whose exact text is part of the contract: callers compare them, so they carry nothing else. */
export const missingDocument = new Problem({ status: 400, code: 'missing', text: "Missing 'id' or 'data'" });
export const missingQuery = new Problem({ status: 400, code: 'missing', text: "Missing 'q' query parameter" });

export function invalid(field: string, text: string): Problem {
  return new Problem({ status: 400, code: 'invalid', field, text });
}

/** The body of a problem's answer. */
export function problemBody(details: ProblemDetails, requestId: string): Record<string, unknown> {
  if (details.code === 'missing') return { error: details.text };
  const { code, text, title, status, field, retryAfterS, more } = details;
  return {
    ...(title === undefined ? {} : { type: 'about:blank', title, status, detail: text }),
    error: text,
    code,
    ...(field === undefined ? {} : { field }),
    ...(retryAfterS === undefined ? {} : { retry_after_s: retryAfterS }),
    ...more,
    request_id: requestId,
  };
}
