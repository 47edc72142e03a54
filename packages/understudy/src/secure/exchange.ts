// The phases in which authority or passwords of a system are exchanged, as its files keep them: begin, use, withdraw, end. Each change is
// one file that is replaced whole, so a process that ends anywhere leaves a state from which the next one goes on.
import { randomBytes } from 'node:crypto';
import { UnderstudyError } from '@understudy/foundation';
import { userOf, type AccountName } from '../engines/index.ts';
import { newAccount, type Account, type Accounts } from './accounts.ts';
import { makeAuthority } from './authority.ts';
import { accountsText, phaseAfter, rotationText, type ExchangePhase, type Kept } from './kept.ts';
import { names, writeText } from './kept-files.ts';
import { readKept, type SecurityRequest } from './store.ts';

export type Exchanged = 'authority' | 'accounts';

/** Makes the next authority, unless one is being introduced already. Errors: `secure-unreadable`, `secure-not-kept`. */
export async function beginAuthority({ directory, systemName, nowMs, passphrase }: SecurityRequest): Promise<void> {
  const kept = await existing(directory);
  if (kept.exchange.authority) return;
  const next = await makeAuthority(systemName, nowMs, passphrase);
  await write(directory, kept, { ...kept.exchange, authority: { phase: 'introduce', next } });
}

/** Makes the next password of each of these accounts, unless passwords are being exchanged already. Errors as of `beginAuthority`. */
export async function beginAccounts(directory: string, accounts: readonly AccountName[]): Promise<void> {
  const kept = await existing(directory);
  if (kept.exchange.accounts) return;
  const made = accounts.map(async (name) => [name, await newAccount(otherUser(name, kept.accounts[name]))] as const);
  const next = Object.fromEntries(await Promise.all(made)) as Partial<Accounts>;
  await write(directory, kept, { ...kept.exchange, accounts: { phase: 'introduce', next } });
}

/**
 * From the phase that was proved to the one after it; after the last one the exchange is over, and what was exchanged is forgotten. Does
 * nothing when the exchange is not in that phase. Errors as of `beginAuthority`.
 */
export async function advance(directory: string, what: Exchanged, proved: ExchangePhase): Promise<void> {
  const kept = await existing(directory);
  if (kept.exchange[what]?.phase !== proved) return;
  const phase = phaseAfter[proved];
  if (phase !== undefined) {
    const { authority, accounts } = kept.exchange;
    const exchange =
      what === 'authority'
        ? { accounts, authority: authority && { ...authority, phase } }
        : { authority, accounts: accounts && { ...accounts, phase } };
    await write(directory, kept, exchange);
    return;
  }
  // Until the last file is written, the exchange says what counts, whichever of the others were written.
  const { authority, accounts } = kept.exchange;
  if (what === 'authority' && authority) {
    await writeText(directory, names.key, authority.next.keyPem.reveal());
    await writeText(directory, names.certificate, authority.next.certificatePem);
  } else if (accounts) {
    await writeText(directory, names.accounts, accountsText({ ...kept.accounts, ...accounts.next }));
  }
  await write(directory, kept, { ...kept.exchange, [what]: undefined });
}

async function existing(directory: string): Promise<Kept> {
  const kept = await readKept(directory);
  if (kept) return kept;
  throw new UnderstudyError(
    'secure-none',
    `${directory} does not exist, so there is nothing to exchange. Make the system first (understudy apply), or import access to it.`,
    { facts: { directory } },
  );
}

async function write(directory: string, kept: Kept, exchange: Kept['exchange']): Promise<void> {
  const generations = [...kept.generations, `${kept.generations.length + 1}-${randomBytes(6).toString('hex')}`];
  await writeText(directory, names.rotation, rotationText({ ...kept, generations, exchange }));
}

/** The file realm knows one password for a user, so the two of an account take turns: with `-2` and without. */
function otherUser(name: AccountName, { user }: Account): string {
  return user === userOf(name) ? `${userOf(name)}-2` : userOf(name);
}
