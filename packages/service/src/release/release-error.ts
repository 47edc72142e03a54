// The errors of building a release. A refusal of what the topology says carries its field, what was seen and what is allowed.

/** One wrong field of the topology's `service` section, in the words of the topology's own refusals. */
export interface ReleaseProblem {
  readonly field: 'artifact' | 'command' | 'runtime' | 'python';
  readonly saw: string;
  readonly allowed: string;
  readonly message: string;
  readonly remedy: string;
}

/**
 * `code`: `release-artifact` (the directory does not fit), `release-command` (its program cannot be started),
 * `release-requirements` (no release can come of the requirements), `release-index` (the package index gave no answer),
 * `release-tool` (a program is missing on this machine), `release-vendor` (a package tool failed) or `release-bundle`.
 */
export class ReleaseError extends Error {
  readonly code: string;
  /** Present when the topology or the artifact must be changed. */
  readonly problem?: ReleaseProblem;

  constructor(code: string, message: string, cause?: unknown, problem?: ReleaseProblem) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ReleaseError';
    this.code = code;
    if (problem !== undefined) this.problem = problem;
  }
}

/** An error that a change of the topology or of the artifact removes. */
export function refusal(code: string, problem: ReleaseProblem, cause?: unknown): ReleaseError {
  const { field, saw, allowed, message, remedy } = problem;
  const text = `service.${field}: saw ${saw}; allowed ${allowed}; ${message}; do: ${remedy}`;
  return new ReleaseError(code, text, cause, problem);
}
