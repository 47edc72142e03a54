// The base class of every error that this product throws. Code branches on `code`, never on the message.

/** Facts attached to an error: plain values that a person or a program can use; never secrets. */
export type Facts = Readonly<Record<string, unknown>>;

/**
 * An error that a person can act on. The message says what failed, what was seen against what was expected,
 * and what to do next. `code` is stable across releases, in kebab-case and prefixed by its room: `topology-invalid`.
 */
export class UnderstudyError extends Error {
  readonly code: string;
  readonly facts: Facts;

  constructor(code: string, message: string, options: { facts?: Facts; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'UnderstudyError';
    this.code = code;
    this.facts = options.facts ?? {};
  }
}
