// Ids for documents that come without one: sortable by time, so that the engine's term index stays compact, and random
// enough that two clients never make the same id.
import { randomFillSync } from 'node:crypto';

const alphabet = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const pool = Buffer.allocUnsafe(4096);
let used = pool.length;

/** A new id of 20 characters: 8 of time (48 bits, milliseconds), 12 random (72 bits). */
export function newDocumentId(wallMs: number): string {
  let id = '';
  for (let shift = 42; shift >= 0; shift -= 6) id += alphabet[Math.floor(wallMs / 2 ** shift) % 64] ?? '-';
  if (used + 12 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  for (let i = 0; i < 12; i++) id += alphabet[(pool[used++] ?? 0) % 64] ?? '-';
  return id;
}
