// What one observation says of one thing. A failed read does not mean that the thing is absent: code that decides by it has to
// treat all three cases, and the compiler holds them to it.
import { UnderstudyError } from './error.ts';

/** Why something is not known, as a sentence without its full stop; `code` is the error's, for decisions. */
export interface Unknown {
  readonly state: 'unknown';
  readonly reason: string;
  readonly code: string;
}

export type Seen<Value> = { readonly state: 'seen'; readonly value: Value } | { readonly state: 'absent' } | Unknown;

export const absent = { state: 'absent' } as const;

export function seen<Value>(value: Value): { readonly state: 'seen'; readonly value: Value } {
  return { state: 'seen', value };
}

export function unknown(reason: string, code: string): Unknown {
  return { state: 'unknown', reason, code };
}

/** For display alone, where absent and unknown look the same: decisions branch on `state`. */
export function shown<Value>(thing: Seen<Value>): Value | undefined {
  return thing.state === 'seen' ? thing.value : undefined;
}

/** The answer of a read: undefined is absent, an error of this product is unknown. Every other error is a fault of the program. */
export async function look<Value>(read: Promise<Value | undefined>): Promise<Seen<Value>> {
  try {
    const value = await read;
    return value === undefined ? absent : seen(value);
  } catch (error) {
    if (error instanceof UnderstudyError) return unknown(error.message, error.code);
    throw error;
  }
}
