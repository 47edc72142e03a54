// The list of keys as a file: the same text on the operator's computer and on every service machine. Its generation grows with every
// change, so that an older list never replaces a newer one.
import { z } from 'zod';
import { keyRecord, type KeyRecord } from './key-record.ts';

const keyList = z.strictObject({
  format: z.literal('understudy-keys-1'),
  generation: z.int().min(1),
  keys: z.array(keyRecord),
});

export interface KeyList {
  readonly generation: number;
  readonly keys: readonly KeyRecord[];
}

export function keyListText({ generation, keys }: KeyList): string {
  return `${JSON.stringify({ format: 'understudy-keys-1', generation, keys }, null, 2)}\n`;
}

/** Undefined when the text is no list of keys. */
export function readKeyList(text: string): KeyList | undefined {
  try {
    const { data } = keyList.safeParse(JSON.parse(text));
    return data && { generation: data.generation, keys: data.keys };
  } catch {
    return undefined;
  }
}
