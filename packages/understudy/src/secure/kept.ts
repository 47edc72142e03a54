// What the files of a system's security say: authority, accounts, and an exchange of them that has not ended. Pure.
import { join } from 'node:path';
import { Secret } from '@understudy/foundation';
import { z } from 'zod';
import { accountNames, userOf, type AccountName, type EngineUser } from '../engines/index.ts';
import type { Account, Accounts } from './accounts.ts';
import type { Authority } from './authority.ts';
import { names, unreadable, type SecurityTexts } from './kept-files.ts';
import { readPem } from './x509.ts';

/** introduce: the next one is let in, and nobody uses it. use: it is used, and the former one still let in. withdraw: it is alone. */
export const exchangePhases = ['introduce', 'use', 'withdraw'] as const;
export type ExchangePhase = (typeof exchangePhases)[number];

/** Undefined: the exchange is over. */
export const phaseAfter: Readonly<Record<ExchangePhase, ExchangePhase | undefined>> = {
  introduce: 'use',
  use: 'withdraw',
  withdraw: undefined,
};

export interface Exchange<Next> {
  readonly phase: ExchangePhase;
  readonly next: Next;
}

export interface Kept {
  /** Those from before an exchange, until it has ended. */
  readonly authority: Authority;
  readonly accounts: Accounts;
  /** Every state in which this security was, oldest first; the last one is this one. Not secret. */
  readonly generations: readonly string[];
  readonly exchange: {
    readonly authority?: Exchange<Authority> | undefined;
    readonly accounts?: Exchange<Partial<Accounts>> | undefined;
  };
}

const accountSchema = z.object({ user: z.string().min(1).optional(), password: z.string().min(1), hash: z.string() });
const accountsSchema = z.record(z.enum(accountNames), accountSchema);
const phase = z.enum(exchangePhases);
const authoritySchema = z.object({ certificate: z.string(), key: z.string() });
const someAccountsSchema = z.partialRecord(z.enum(accountNames), accountSchema);
const rotationSchema = z.object({
  generations: z.array(z.string().regex(/^[a-z0-9-]+$/)).min(1),
  // `former` stands in the other files too, until the last step of the exchange replaces these one after the other.
  authority: authoritySchema.extend({ phase, former: authoritySchema.optional() }).optional(),
  accounts: z.object({ phase, next: someAccountsSchema, former: someAccountsSchema.optional() }).optional(),
});

/** Errors: `secure-unreadable`, which quotes nothing of them. */
export function keptIn(directory: string, texts: SecurityTexts): Kept {
  const refused = (name: string) => unreadable(join(directory, name), 'not what this tool writes', undefined);
  const accounts = accountsSchema.safeParse(parse(texts[names.accounts]));
  if (!accounts.success) throw refused(names.accounts);
  const text = texts[names.rotation];
  const rotation = text === undefined ? undefined : rotationSchema.safeParse(parse(text));
  if (rotation?.success === false) throw refused(names.rotation);
  const { generations, authority, accounts: others } = rotation?.data ?? {};
  const former = authority?.former ?? { certificate: texts[names.certificate], key: texts[names.key] };
  return {
    authority: authorityFrom(former),
    accounts: { ...(accountsFrom(accounts.data) as Accounts), ...accountsFrom(others?.former ?? {}) },
    generations: generations ?? [firstGeneration(texts[names.certificate])],
    exchange: {
      authority: authority && { phase: authority.phase, next: authorityFrom(authority) },
      accounts: others && { phase: others.phase, next: accountsFrom(others.next) },
    },
  };
}

/** Of a system whose security was never exchanged: from its authority, so that two systems never have the same. */
export function firstGeneration(authorityPem: string): string {
  return (readPem(authorityPem)?.fingerprint256 ?? 'none').replaceAll(':', '').toLowerCase().slice(0, 16);
}

export function accountsText(accounts: Accounts): string {
  return `${JSON.stringify(plainAccounts(accounts), null, 2)}\n`;
}

export function rotationText({ generations, exchange: { authority, accounts }, ...former }: Kept): string {
  const exchanged = Object.keys(accounts?.next ?? {}) as AccountName[];
  const formerAccounts = Object.fromEntries(exchanged.map((name) => [name, former.accounts[name]]));
  const plain = {
    generations,
    authority: authority && {
      phase: authority.phase,
      ...plainAuthority(authority.next),
      former: plainAuthority(former.authority),
    },
    accounts: accounts && {
      phase: accounts.phase,
      next: plainAccounts(accounts.next),
      former: plainAccounts(formerAccounts),
    },
  };
  return `${JSON.stringify(plain, null, 2)}\n`;
}

/** The authority that signs now. */
export function signerOf({ authority, exchange }: Kept): Authority {
  return exchange.authority && exchange.authority.phase !== 'introduce' ? exchange.authority.next : authority;
}

/** What machines and clients trust now. The same text in the first two phases, so that nothing is restarted between them. */
export function bundleOf({ authority, exchange }: Kept): string {
  const { phase: at, next } = exchange.authority ?? {};
  if (next === undefined) return authority.certificatePem;
  return at === 'withdraw' ? next.certificatePem : `${authority.certificatePem}${next.certificatePem}`;
}

/** Those that clients log in with now. */
export function accountsOf({ accounts, exchange }: Kept): Accounts {
  if (!exchange.accounts || exchange.accounts.phase === 'introduce') return accounts;
  return { ...accounts, ...exchange.accounts.next };
}

/** Everybody whom the engines let in now. The same list in the first two phases. */
export function usersOf(kept: Kept): EngineUser[] {
  const { accounts, exchange } = kept;
  const withdrawn = exchange.accounts?.phase === 'withdraw';
  return accountNames.flatMap((account) => {
    const next = exchange.accounts?.next[account];
    const all = [...(next && withdrawn ? [] : [accounts[account]]), ...(next ? [next] : [])];
    return all.map(({ user, hash }) => ({ account, user, hash }));
  });
}

function authorityFrom({ certificate, key }: z.infer<typeof authoritySchema>): Authority {
  return { certificatePem: certificate, keyPem: new Secret(key) };
}

function plainAuthority({ certificatePem, keyPem }: Authority): z.infer<typeof authoritySchema> {
  return { certificate: certificatePem, key: keyPem.reveal() };
}

type PlainAccount = z.infer<typeof accountSchema>;

function accountsFrom(plain: Readonly<Partial<Record<AccountName, PlainAccount>>>): Partial<Accounts> {
  const entries = Object.entries(plain).map(([name, { user, password, hash }]): [string, Account] => [
    name,
    { user: user ?? userOf(name as AccountName), password: new Secret(password), hash },
  ]);
  return Object.fromEntries(entries);
}

function plainAccounts(accounts: Partial<Accounts>): object {
  const entries = Object.entries(accounts).map(([name, { user, password, hash }]) => [
    name,
    { user, password: password.reveal(), hash },
  ]);
  return Object.fromEntries(entries) as object;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    return undefined;
  }
}
