// Puts what another operator exported in place on this computer. What is there already and differs is never overwritten: then nothing is
// written at all.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { UnderstudyError } from '@understudy/foundation';
import { pinKeys, privateKeyPath } from '../../machines/index.ts';
import {
  consolePasswordPath,
  hostKeysPathOf,
  keepServiceKeyTexts,
  keptConsolePassword,
  ownKeyDirectory,
  securityDirectory,
  serviceKeysDirectory,
  serviceKeyTexts,
  systemIdOf,
  writeSecretOnce,
} from '../../operation/index.ts';
import { keepSecurityTexts, securityTexts, type SystemAccess } from '../../secure/index.ts';

export interface ImportedPart {
  readonly what: 'ssh-key' | 'host-keys' | 'authority-and-accounts' | 'console-password' | 'service-keys';
  readonly path: string;
  /** False: it was there already, and is the same. */
  readonly isNew: boolean;
}

/** Running it again changes nothing. Errors: `operate-access-conflict`, `machines-host-key`, `secure-unreadable`, `secure-not-kept`. */
export async function importAccess(access: SystemAccess): Promise<ImportedPart[]> {
  const system = systemIdOf({ target: { name: access.target }, topology: { name: access.system } });
  const security = await newSecurity(system, access);
  const key = await newKey(system, access);
  const password = await newConsolePassword(system, access);
  const serviceKeys = await newServiceKeys(system, access);
  const hostKeys = hostKeysPathOf(access.target);
  // First what may still be refused, last the key, with which commands begin to use it all.
  const arePinned = pinKeys(hostKeys, access.hostKeys);
  if (security.isNew && access.security) await keepSecurityTexts(security.path, access.security);
  if (serviceKeys.isNew && access.serviceKeys) await keepServiceKeyTexts(serviceKeys.path, access.serviceKeys);
  if (password.isNew && access.consolePassword !== null) {
    await writeSecretOnce(password.path, `${access.consolePassword}\n`);
  }
  if (key.isNew) {
    await mkdir(ownKeyDirectory(system), { recursive: true, mode: 0o700 });
    await writeFile(`${key.path}.pub`, `${access.sshKey.public}\n`, { mode: 0o644 });
    await writeFile(key.path, access.sshKey.private, { mode: 0o600, flag: 'wx' });
  }
  return [
    key,
    { what: 'host-keys', path: hostKeys, isNew: arePinned },
    ...(access.consolePassword === null ? [] : [password]),
    ...(access.security ? [security] : []),
    ...(access.serviceKeys ? [serviceKeys] : []),
  ];
}

async function newSecurity(system: string, access: SystemAccess): Promise<ImportedPart> {
  const path = securityDirectory(system);
  const there = await securityTexts(path);
  if (there && access.security && !isDeepStrictEqual(there, access.security)) {
    throw conflict(path, 'another authority or other accounts');
  }
  return { what: 'authority-and-accounts', path, isNew: there === undefined };
}

/** The list of keys may have changed on either computer since: the newest is taken over from the machines. The other two must be the same. */
async function newServiceKeys(system: string, access: SystemAccess): Promise<ImportedPart> {
  const path = serviceKeysDirectory(system);
  const there = await serviceKeyTexts(path);
  const given = access.serviceKeys;
  if (there && given && (there['tool-key'] !== given['tool-key'] || there['peer-secret'] !== given['peer-secret'])) {
    throw conflict(path, 'other keys of the service');
  }
  return { what: 'service-keys', path, isNew: there === undefined };
}

async function newKey(system: string, access: SystemAccess): Promise<ImportedPart> {
  const path = privateKeyPath(ownKeyDirectory(system));
  try {
    if ((await readFile(path, 'utf8')) !== access.sshKey.private) throw conflict(path, 'another SSH key');
    return { what: 'ssh-key', path, isNew: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { what: 'ssh-key', path, isNew: true };
  }
}

async function newConsolePassword(system: string, { consolePassword }: SystemAccess): Promise<ImportedPart> {
  const path = consolePasswordPath(system);
  const there = await keptConsolePassword(system);
  if (there && consolePassword !== null && there.reveal() !== consolePassword) {
    throw conflict(path, 'another console password');
  }
  return { what: 'console-password', path, isNew: there === undefined };
}

function conflict(path: string, what: string): UnderstudyError {
  return new UnderstudyError(
    'operate-access-conflict',
    `This computer has ${what} for this system in ${path}, so nothing was imported. If that one is no longer used, move it to another place and run again.`,
    { facts: { path } },
  );
}
