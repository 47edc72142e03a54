// The password of root at the console of the machines, which is the way in when SSH cannot be used or has to be checked. One for a
// system, made for its first machine; sshd takes no password.
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Secret } from '@understudy/foundation';
import { configDirectory } from './places.ts';
import { readSecretValue } from './secret-file.ts';

/** `system`: TARGET-NAME. */
export function consolePasswordPath(system: string): string {
  return join(configDirectory(), 'console', system);
}

/** Undefined when there is none. Error: `reconcile-secret-file`. */
export async function keptConsolePassword(system: string): Promise<Secret | undefined> {
  const path = consolePasswordPath(system);
  return existsSync(path) ? await readSecretValue(path, 'The console password') : undefined;
}

/** Reads it, and makes it first when there is none. Error: `reconcile-secret-file`. */
export async function consolePassword(system: string): Promise<Secret> {
  const path = consolePasswordPath(system);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // Whole or not at all: machines are created side by side, and each asks for it.
  const made = `${path}.${randomUUID()}`;
  // 24 characters of all kinds: Linode takes 7 to 128 and judges their strength.
  await writeFile(made, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  try {
    await link(made, path);
  } catch (error) {
    // It has always been there, or another run made it first: that one counts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(made);
  }
  return await readSecretValue(path, 'The console password');
}
