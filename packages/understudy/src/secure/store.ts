// The security of one system as the operator keeps it: authority and accounts in one directory of the configuration. It is made once;
// until `keep` is called, what was made is in memory alone. Only an exchange (exchange.ts) changes it.
import type { Secret } from '@understudy/foundation';
import type { EngineUser } from '../engines/index.ts';
import { makeAccounts, type Accounts } from './accounts.ts';
import { assertOpens, makeAuthority, signCertificate } from './authority.ts';
import { checkRequest, type CertificateSubject } from './certificate-request.ts';
import { keptIn, accountsOf, accountsText, bundleOf, firstGeneration, signerOf, usersOf, type Kept } from './kept.ts';
import { names, replaceTexts, textsIn, writeTexts, type SecurityTexts } from './kept-files.ts';
import { probeIdentity, type ProbeIdentity } from './probe-identity.ts';

export type { SecurityTexts } from './kept-files.ts';

/** What a system with security is secured with. */
export interface SystemSecurity {
  /** Where the operator keeps it. */
  readonly directory: string;
  /** The authorities that machines and clients trust, PEM. */
  readonly bundlePem: string;
  /** The authority that signs. */
  readonly signerPem: string;
  /** With which clients log in. */
  readonly accounts: Accounts;
  /** Everybody whom engines let in: the accounts, and while passwords are exchanged the others of them. */
  readonly users: readonly EngineUser[];
  /** The states in which this security was, oldest first; the last one is this one. */
  readonly generations: readonly string[];
  /** What is being exchanged, and how far that is. */
  readonly exchange: Kept['exchange'];
  /** The authority and the accounts from before the exchange; without one, those that are used. */
  readonly former: Pick<Kept, 'authority' | 'accounts'>;
  /** Writes what was made in memory to the directory; does nothing when it was read from there. Errors: `secure-not-kept`. */
  keep(): Promise<void>;
  /** Checks the machine's request and signs it: a certificate in PEM. Errors: `secure-request-refused`, `secure-passphrase`. */
  issue(requestPem: string, subject: CertificateSubject, nowMs: number): Promise<string>;
  /** Errors: `secure-passphrase` when the key of an authority cannot be opened. */
  assertSigns(): Promise<void>;
  /** A key and a certificate in memory for an hour, by which is seen whom a machine trusts. Errors: `secure-passphrase`. */
  probe(subject: CertificateSubject, by: 'former' | 'next', nowMs: number): Promise<ProbeIdentity>;
}

export interface SecurityRequest {
  readonly directory: string;
  readonly systemName: string;
  readonly nowMs: number;
  /** Of the authority's key. */
  readonly passphrase?: Secret | undefined;
  /** What an earlier call made: it counts while the directory does not exist. */
  readonly made?: SystemSecurity | undefined;
}

/** Reads the security of a system; makes one in memory when its directory does not exist. Errors: `secure-unreadable`. */
export async function openSecurity(request: SecurityRequest): Promise<SystemSecurity> {
  const kept = await readKept(request.directory);
  if (kept) return security(request, kept, () => Promise.resolve());
  if (request.made) return request.made;
  const authority = await makeAuthority(request.systemName, request.nowMs, request.passphrase);
  const generations = [firstGeneration(authority.certificatePem)];
  const made: Kept = { authority, accounts: await makeAccounts(), generations, exchange: {} };
  let keeping: Promise<void> | undefined;
  return security(request, made, () => (keeping ??= writeTexts(request.directory, textsOf(made))));
}

function security({ directory, passphrase }: SecurityRequest, kept: Kept, keep: () => Promise<void>): SystemSecurity {
  const signer = signerOf(kept);
  return {
    directory,
    bundlePem: bundleOf(kept),
    signerPem: signer.certificatePem,
    accounts: accountsOf(kept),
    users: usersOf(kept),
    generations: kept.generations,
    exchange: kept.exchange,
    former: kept,
    keep,
    async issue(requestPem, subject, nowMs) {
      return await signCertificate(signer, await checkRequest(requestPem, subject), { nowMs, passphrase });
    },
    async assertSigns() {
      for (const { keyPem } of [kept.authority, signer]) await assertOpens(keyPem, passphrase);
    },
    async probe(subject, by, nowMs) {
      const authority = by === 'former' ? kept.authority : (kept.exchange.authority?.next ?? kept.authority);
      return await probeIdentity(authority, subject, { nowMs, passphrase });
    },
  };
}

/** Undefined when there is none. Errors: `secure-unreadable`. */
export async function readKept(directory: string): Promise<Kept | undefined> {
  const texts = await textsIn(directory);
  return texts && keptIn(directory, texts);
}

/** Whom clients trust, how they log in and what is being exchanged, by the files as they are; undefined when there are none. Errors: `secure-unreadable`. */
export async function currentSecurity(
  directory: string,
): Promise<Pick<SystemSecurity, 'bundlePem' | 'accounts' | 'exchange'> | undefined> {
  const kept = await readKept(directory);
  return kept && { bundlePem: bundleOf(kept), accounts: accountsOf(kept), exchange: kept.exchange };
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

/** The same over older ones, which are kept beside: returns where. Errors as of `keepSecurityTexts`. */
export async function replaceSecurityTexts(directory: string, texts: SecurityTexts, nowMs: number): Promise<string> {
  keptIn(directory, texts);
  return await replaceTexts(directory, texts, nowMs);
}

/** Whether `texts` are a later state of what is in the directory. Errors: `secure-unreadable`. */
export function succession(directory: string, there: SecurityTexts, texts: SecurityTexts): 'newer' | 'older' | 'other' {
  const [mine, theirs] = [keptIn(directory, there).generations, keptIn(directory, texts).generations];
  const [myLast, theirLast] = [mine.at(-1) ?? '', theirs.at(-1) ?? ''];
  if (myLast === theirLast) return 'other';
  if (theirs.includes(myLast)) return 'newer';
  return mine.includes(theirLast) ? 'older' : 'other';
}

function textsOf({ authority, accounts }: Kept): SecurityTexts {
  return {
    [names.certificate]: authority.certificatePem,
    [names.key]: authority.keyPem.reveal(),
    [names.accounts]: accountsText(accounts),
  };
}
