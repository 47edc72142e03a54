// The files in which an operator keeps the security of one system: read as a whole, written as a whole or one by one, and never left half
// written. What they mean is store.ts's.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '@understudy/foundation';
import { keepDirectory, keepFile, replaceDirectory } from './kept-directory.ts';

/** `rotation` is there after the first exchange of authority or passwords, and stays. */
export const names = {
  certificate: 'authority.crt',
  key: 'authority.key',
  accounts: 'accounts.json',
  rotation: 'rotation.json',
} as const;

const required = [names.certificate, names.key, names.accounts] as const;

export type SecurityTexts = Readonly<Record<(typeof required)[number], string>> & {
  readonly [names.rotation]?: string | undefined;
};

/** Undefined when there is no such directory: one that is there and cannot be read is an error, never a reason to make another. */
export async function textsIn(directory: string): Promise<SecurityTexts | undefined> {
  const textOf = async (name: string): Promise<string | undefined> => {
    const path = join(directory, name);
    try {
      return await readFile(path, 'utf8');
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw unreadable(path, code ?? 'unknown', cause);
    }
  };
  // First the file that is written last when an exchange ends: a reader beside the writer sees the exchange, or all of its result.
  const rotation = await textOf(names.rotation);
  const texts = await Promise.all(required.map(async (name) => [name, await textOf(name)] as const));
  const missing = texts.filter(([, text]) => text === undefined);
  if (missing.length === texts.length && rotation === undefined) return undefined;
  for (const [name] of missing) throw unreadable(join(directory, name), 'ENOENT', undefined);
  return { ...Object.fromEntries(texts), [names.rotation]: rotation } as SecurityTexts;
}

export function unreadable(path: string, why: string, cause: unknown): UnderstudyError {
  return new UnderstudyError(
    'secure-unreadable',
    `${path} cannot be read (${why}). It belongs to the authority and the accounts of this system, which are not made anew: ` +
      'its machines trust these. Restore the directory from a backup, or from the operator who made it.',
    { facts: { path }, cause },
  );
}

/** All or nothing. Errors: `secure-not-kept`. */
export async function writeTexts(directory: string, texts: SecurityTexts): Promise<void> {
  await keepDirectory(directory, texts).catch(notKept(directory));
}

/** The same over a directory that is there, which is kept beside: returns its path. Errors: `secure-not-kept`. */
export async function replaceTexts(directory: string, texts: SecurityTexts, nowMs: number): Promise<string> {
  return await replaceDirectory(directory, texts, nowMs).catch(notKept(directory));
}

/** One file, whole. Errors: `secure-not-kept`. */
export async function writeText(directory: string, name: string, text: string): Promise<void> {
  await keepFile(directory, name, text).catch(notKept(directory));
}

function notKept(directory: string): (cause: unknown) => never {
  return (cause) => {
    throw new UnderstudyError(
      'secure-not-kept',
      `The authority and the accounts of this system could not be written to ${directory} ` +
        `(${(cause as NodeJS.ErrnoException).code ?? 'unknown'}), so nothing was signed. Make that directory writable, or if another ` +
        'command has just made it, run again.',
      { facts: { directory }, cause },
    );
  };
}
