// The security of one system as the operator keeps it: authority and accounts in one directory of the configuration. It is made once
// and never overwritten: until `keep` is called, what was made is in memory alone.
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Secret, UnderstudyError } from '@understudy/foundation';
import { z } from 'zod';
import { accountNames } from '../engines/index.ts';
import { makeAccounts, type Accounts } from './accounts.ts';
import { makeAuthority, signCertificate, type Authority } from './authority.ts';
import { checkRequest, type CertificateSubject } from './certificate-request.ts';

/** What a system with security is secured with. */
export interface SystemSecurity {
  /** Where the operator keeps it. */
  readonly directory: string;
  /** The authorities that machines and clients trust, PEM. */
  readonly bundlePem: string;
  /** The authority that signs. */
  readonly signerPem: string;
  readonly accounts: Accounts;
  /** Writes what was made in memory to the directory; does nothing when it was read from there. Errors: `secure-not-kept`. */
  keep(): Promise<void>;
  /** Checks the machine's request and signs it: a certificate in PEM. Errors: `secure-request-refused`, `secure-passphrase`. */
  issue(requestPem: string, subject: CertificateSubject, nowMs: number): Promise<string>;
}

export interface SecurityRequest {
  readonly directory: string;
  readonly systemName: string;
  readonly nowMs: number;
  /** Of the authority's key. */
  readonly passphrase?: Secret | undefined;
}

const names = { certificate: 'authority.crt', key: 'authority.key', accounts: 'accounts.json' } as const;

/** Of the files of one system. */
export const securityFileNames = Object.values(names);

export type SecurityTexts = Readonly<Record<(typeof securityFileNames)[number], string>>;

const accountsSchema = z.record(z.enum(accountNames), z.object({ password: z.string().min(1), hash: z.string() }));

/** Reads the security of a system; makes one in memory when its directory does not exist. Errors: `secure-unreadable`. */
export async function openSecurity(request: SecurityRequest): Promise<SystemSecurity> {
  const kept = await read(request.directory);
  if (kept) return security(request, kept, () => Promise.resolve());
  const authority = await makeAuthority(request.systemName, request.nowMs, request.passphrase);
  const made = { authority, accounts: await makeAccounts() };
  let keeping: Promise<void> | undefined;
  return security(request, made, () => (keeping ??= write(request.directory, made)));
}

interface Kept {
  readonly authority: Authority;
  readonly accounts: Accounts;
}

function security(
  { directory, passphrase }: SecurityRequest,
  { authority, accounts }: Kept,
  keep: () => Promise<void>,
): SystemSecurity {
  return {
    directory,
    bundlePem: authority.certificatePem,
    signerPem: authority.certificatePem,
    accounts,
    keep,
    async issue(requestPem, subject, nowMs) {
      return await signCertificate(authority, await checkRequest(requestPem, subject), { nowMs, passphrase });
    },
  };
}

/**
 * The files as they are, name -> text, for another operator; undefined when there are none. They hold secrets. Errors: `secure-unreadable`.
 */
export async function securityTexts(directory: string): Promise<SecurityTexts | undefined> {
  const texts = await textsIn(directory);
  if (texts) keptIn(directory, texts);
  return texts;
}

/** Puts what `securityTexts` returned in place. Errors: `secure-not-kept`; `secure-unreadable`, and then nothing was written. */
export async function keepSecurityTexts(directory: string, texts: SecurityTexts): Promise<void> {
  keptIn(directory, texts);
  await writeTexts(directory, texts);
}

async function read(directory: string): Promise<Kept | undefined> {
  const texts = await textsIn(directory);
  return texts && keptIn(directory, texts);
}

/** Undefined when there is no such directory: one that is there and cannot be read is an error, never a reason to make another. */
async function textsIn(directory: string): Promise<SecurityTexts | undefined> {
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
  const texts = await Promise.all(securityFileNames.map(async (name) => [name, await textOf(name)] as const));
  const missing = texts.filter(([, text]) => text === undefined);
  if (missing.length === texts.length) return undefined;
  for (const [name] of missing) throw unreadable(join(directory, name), 'ENOENT', undefined);
  return Object.fromEntries(texts) as SecurityTexts;
}

function keptIn(directory: string, texts: SecurityTexts): Kept {
  return {
    authority: { certificatePem: texts[names.certificate], keyPem: new Secret(texts[names.key]) },
    accounts: readAccounts(texts[names.accounts], (cause) =>
      unreadable(join(directory, names.accounts), 'not the accounts that this tool writes', cause),
    ),
  };
}

function unreadable(path: string, why: string, cause: unknown): UnderstudyError {
  return new UnderstudyError(
    'secure-unreadable',
    `${path} cannot be read (${why}). It belongs to the authority and the accounts of this system, which are not made anew: ` +
      'its machines trust these. Restore the directory from a backup, or from the operator who made it.',
    { facts: { path }, cause },
  );
}

function readAccounts(text: string, refused: (cause: unknown) => UnderstudyError): Accounts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    throw refused(undefined);
  }
  const parsed = accountsSchema.safeParse(value);
  if (!parsed.success) throw refused(undefined);
  const entries = Object.entries(parsed.data).map(
    ([name, { password, hash }]) => [name, { password: new Secret(password), hash }] as const,
  );
  return Object.fromEntries(entries) as unknown as Accounts;
}

async function write(directory: string, { authority, accounts }: Kept): Promise<void> {
  const plain = Object.entries(accounts).map(([name, { password, hash }]) => [
    name,
    { password: password.reveal(), hash },
  ]);
  await writeTexts(directory, {
    [names.certificate]: authority.certificatePem,
    [names.key]: authority.keyPem.reveal(),
    [names.accounts]: `${JSON.stringify(Object.fromEntries(plain), null, 2)}\n`,
  });
}

/** All or nothing: the files are written beside, and the directory gets its name when they are complete. */
async function writeTexts(directory: string, texts: SecurityTexts): Promise<void> {
  const parent = dirname(directory);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const beside = await mkdtemp(`${directory}.new-`);
  try {
    for (const [name, text] of Object.entries(texts)) {
      await writeFile(join(beside, name), text, { mode: 0o600, flush: true });
    }
    await rename(beside, directory);
  } catch (cause) {
    await rm(beside, { recursive: true, force: true });
    throw new UnderstudyError(
      'secure-not-kept',
      `The authority and the accounts of this system could not be written to ${directory} ` +
        `(${(cause as NodeJS.ErrnoException).code ?? 'unknown'}), so nothing was signed. Make that directory writable, or if another ` +
        'command has just made it, run again.',
      { facts: { directory }, cause },
    );
  }
}
