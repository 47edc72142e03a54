// Puts what another operator exported in place on this computer. What is there is replaced only by a later state of the same, and kept
// beside it; when anything else differs, nothing is written at all.
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { systemClock, UnderstudyError } from '@understudy/foundation';
import { pinKeys, privateKeyPath } from '../../machines/index.ts';
import {
  acmeDirectory,
  consolePasswordPath,
  formerPublicKeys,
  hostKeysPathOf,
  keepAcmeTexts,
  keepServiceKeyTexts,
  keepFormerPublicKeys,
  keptConsolePassword,
  ownKeyDirectory,
  replaceServiceKeyTexts,
  securityDirectory,
  serviceKeysDirectory,
  serviceKeySuccession,
  serviceKeyTexts,
  systemIdOf,
  writeSecretOnce,
} from '../../operation/index.ts';
import {
  keepSecurityTexts,
  replaceSecurityTexts,
  securityTexts,
  succession,
  type SystemAccess,
} from '../../secure/index.ts';

export interface ImportedPart {
  readonly what: 'ssh-key' | 'host-keys' | 'authority-and-accounts' | 'console-password' | 'service-keys' | 'acme';
  readonly path: string;
  /** False: it was there already, and is the same. */
  readonly isNew: boolean;
  /** Where the one is that it has taken the place of, because it was exchanged since; null: nothing was replaced. */
  readonly replaced: string | null;
}

/**
 * Running it again changes nothing. Errors: `operate-access-conflict`, `machines-host-key`, `secure-unreadable`, `secure-not-kept`, `service-keys-unreadable`,
 * `service-keys-not-kept`.
 */
export async function importAccess(access: SystemAccess): Promise<ImportedPart[]> {
  const system = systemIdOf({ target: { name: access.target }, topology: { name: access.system } });
  const security = await newSecurity(system, access);
  const key = await newKey(system, access);
  const password = await newConsolePassword(system, access);
  const serviceKeys = await newServiceKeys(system, access);
  const acme = acmeDirectory(system);
  const hostKeys = hostKeysPathOf(access.target);
  // First what may still be refused, last the key, with which commands begin to use it all.
  const arePinned = pinKeys(hostKeys, access.hostKeys);
  const isAcmeNew = access.acme !== null && (await keepAcmeTexts(acme, access.acme));
  const replaced = await putSecurity(security, access);
  const replacedKeys = await putServiceKeys(serviceKeys, access);
  if (password.state === 'new' && access.consolePassword !== null) {
    await writeSecretOnce(password.path, `${access.consolePassword}\n`);
  }
  const part = (what: ImportedPart['what'], { path, state }: Place, before: string | null = null): ImportedPart => ({
    ...{ what, path, isNew: state !== 'same', replaced: before },
  });
  return [
    part('ssh-key', key, await putKey(system, key, access)),
    { what: 'host-keys', path: hostKeys, isNew: arePinned, replaced: null },
    ...(access.consolePassword === null ? [] : [part('console-password', password)]),
    ...(access.security ? [part('authority-and-accounts', security, replaced)] : []),
    ...(access.serviceKeys ? [part('service-keys', serviceKeys, replacedKeys)] : []),
    ...(access.acme ? [{ what: 'acme', path: acme, isNew: isAcmeNew, replaced: null } as const] : []),
  ];
}

/** newer: what is there is an earlier state of what comes. */
interface Place {
  readonly path: string;
  readonly state: 'new' | 'same' | 'newer';
}

async function putSecurity({ path, state }: Place, { security }: SystemAccess): Promise<string | null> {
  if (!security || state === 'same') return null;
  if (state === 'newer') return await replaceSecurityTexts(path, security, systemClock.now());
  await keepSecurityTexts(path, security);
  return null;
}

async function putKey(system: string, { path, state }: Place, { sshKey }: SystemAccess): Promise<string | null> {
  if (state === 'same') return null;
  const aside = `${path}.replaced`;
  await mkdir(ownKeyDirectory(system), { recursive: true, mode: 0o700 });
  if (state === 'newer') await copyFile(path, aside);
  await keepFormerPublicKeys(system, sshKey.former ?? []);
  await writeFile(`${path}.pub`, `${sshKey.public}\n`, { mode: 0o644 });
  await writeFile(`${path}.new`, sshKey.private, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return state === 'newer' ? aside : null;
}

async function newSecurity(system: string, access: SystemAccess): Promise<Place> {
  const path = securityDirectory(system);
  const there = await securityTexts(path);
  if (!there) return { path, state: 'new' };
  if (!access.security || isSame(there, access.security)) return { path, state: 'same' };
  const order = succession(path, there, access.security);
  if (order === 'newer') return { path, state: 'newer' };
  throw conflict(
    path,
    order === 'older' ? 'a later authority or later accounts' : 'another authority or other accounts',
  );
}

/** The list of keys may have changed on either computer since: the newest is taken over from the machines. */
async function newServiceKeys(system: string, { serviceKeys: given }: SystemAccess): Promise<Place> {
  const path = serviceKeysDirectory(system);
  const there = await serviceKeyTexts(path);
  if (!given) return { path, state: 'same' };
  const order = serviceKeySuccession(path, there ?? given, given);
  if (!there) return { path, state: 'new' };
  if (order === 'same' || order === 'newer') return { path, state: order };
  throw conflict(path, order === 'older' ? 'later keys of the service' : 'other keys of the service');
}

async function putServiceKeys({ path, state }: Place, { serviceKeys }: SystemAccess): Promise<string | null> {
  if (!serviceKeys || state === 'same') return null;
  if (state === 'newer') return await replaceServiceKeyTexts(path, serviceKeys, systemClock.now());
  await keepServiceKeyTexts(path, serviceKeys);
  return null;
}

/** A file that is not there is left out or undefined. */
function isSame(one: object, other: object): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
}

async function newKey(system: string, { sshKey }: SystemAccess): Promise<Place> {
  const path = privateKeyPath(ownKeyDirectory(system));
  let there: string;
  try {
    there = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { path, state: 'new' };
  }
  if (there === sshKey.private) return { path, state: 'same' };
  const mine = await readFile(`${path}.pub`, 'utf8').catch(() => '');
  if ((sshKey.former ?? []).some((key) => keyOf(key) === keyOf(mine))) return { path, state: 'newer' };
  const isOlder = (await formerPublicKeys(system)).some((key) => keyOf(key) === keyOf(sshKey.public));
  throw conflict(path, isOlder ? 'a later SSH key' : 'another SSH key');
}

/** Without its comment. */
function keyOf(line: string): string {
  return line.trim().split(' ').slice(0, 2).join(' ');
}

async function newConsolePassword(system: string, { consolePassword }: SystemAccess): Promise<Place> {
  const path = consolePasswordPath(system);
  const there = await keptConsolePassword(system);
  if (there && consolePassword !== null && there.reveal() !== consolePassword) {
    throw conflict(path, 'another console password');
  }
  return { path, state: there === undefined ? 'new' : 'same' };
}

function conflict(path: string, what: string): UnderstudyError {
  return new UnderstudyError(
    'operate-access-conflict',
    `This computer has ${what} for this system in ${path}, so nothing was imported. If that one is no longer used, move it to another place and run again.`,
    { facts: { path } },
  );
}
