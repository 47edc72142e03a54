// A secret value: it prints as [redacted] wherever it is logged, formatted or serialised.
import { inspect } from 'node:util';

const redacted = '[redacted]';

/** Holds a secret string. Only `reveal()` gives it back, so that every place that uses a secret can be found by name. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Call it where the secret leaves the process (a header, a socket), nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
