// The password of root at the console of the machines, which is the way in when SSH cannot be used or has to be checked. One for a
// system, made for its first machine; sshd takes no password.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Secret } from '@understudy/foundation';
import { consolePasswordPath } from './places.ts';
import { readSecretValue, writeSecretOnce } from './secret-file.ts';

const read = (path: string): Promise<Secret> => readSecretValue(path, 'The console password');

/** Undefined when there is none. Error: `reconcile-secret-file`. */
export async function keptConsolePassword(system: string): Promise<Secret | undefined> {
  const path = consolePasswordPath(system);
  return existsSync(path) ? await read(path) : undefined;
}

/** Reads it, and makes it first when there is none. Machines are created side by side, and each asks for it. Error: `reconcile-secret-file`. */
export async function consolePassword(system: string): Promise<Secret> {
  const kept = await keptConsolePassword(system);
  if (kept) return kept;
  const path = consolePasswordPath(system);
  // 24 characters of all kinds: Linode takes 7 to 128 and judges their strength.
  await writeSecretOnce(path, `${randomBytes(18).toString('base64url')}\n`);
  return await read(path);
}
