// The result of one read: seen, absent or unknown. A failed read does not mean that the thing is absent; the type makes every
// decision handle all three cases.
import { UnderstudyError } from './error.ts';

/** Why a read failed, as a sentence without its full stop; `code` is the error's code, for decisions. */
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

/** The result of a read: undefined is absent, an error of this product is unknown. Every other error is a bug and is thrown. */
export async function look<Value>(read: Promise<Value | undefined>): Promise<Seen<Value>> {
  try {
    const value = await read;
    return value === undefined ? absent : seen(value);
  } catch (error) {
    if (error instanceof UnderstudyError) return unknown(error.message, error.code);
    throw error;
  }
}
