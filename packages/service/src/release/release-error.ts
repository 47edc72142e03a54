// The errors of building a release.

/** `code`: `release-artifact`, `release-vendor` or `release-bundle`. */
export class ReleaseError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ReleaseError';
    this.code = code;
  }
}
