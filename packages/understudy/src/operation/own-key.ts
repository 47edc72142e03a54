// Which SSH key the tool has for a system: one of the system's own, when it was imported or rotated; else the operator's, which all
// systems share.
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { privateKeyPath } from '../machines/index.ts';
import { configDirectory, ownKeyDirectory } from './places.ts';

/** The directory that counts now. */
export async function keyDirectory(system: string): Promise<string> {
  const own = ownKeyDirectory(system);
  try {
    await stat(privateKeyPath(own));
    return own;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return join(configDirectory(), 'ssh');
    throw error;
  }
}

/** The public keys that the system's own key has taken the place of, oldest first: a copy with one of them is an older copy. */
export async function formerPublicKeys(system: string): Promise<string[]> {
  try {
    const text = await readFile(formerPath(system), 'utf8');
    return text.split('\n').filter((line) => line !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Replaces the list; it is not secret. The directory must exist. */
export async function keepFormerPublicKeys(system: string, keys: readonly string[]): Promise<void> {
  await writeFile(formerPath(system), keys.map((key) => `${key}\n`).join(''), { mode: 0o644 });
}

/** Of the key that an exchange makes current. It is there from the exchange's beginning to its end. */
export function nextKeyDirectory(system: string): string {
  return `${ownKeyDirectory(system)}.next`;
}

/**
 * How far an exchange of the system's SSH key is that has not ended. introduce: the next key is being let in beside the current one. withdraw:
 * it is the current one, and the former one is being shut out.
 */
export function openKeyExchange(system: string): { readonly phase: 'introduce' | 'withdraw' } | undefined {
  const directory = nextKeyDirectory(system);
  if (!existsSync(directory)) return undefined;
  return { phase: existsSync(privateKeyPath(directory)) ? 'introduce' : 'withdraw' };
}

function formerPath(system: string): string {
  return join(ownKeyDirectory(system), 'former-keys');
}
