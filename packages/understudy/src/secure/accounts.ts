// The engine's accounts of one system, with random passwords. The engine gets their hashes, whoever uses an account its password.
import { randomBytes } from 'node:crypto';
import { hash } from 'bcryptjs';
import { Secret } from '@understudy/foundation';
import { accountNames, userOf, type AccountName } from '../engines/index.ts';

export interface Account {
  /** How the engine knows it. */
  readonly user: string;
  readonly password: Secret;
  /** bcrypt, `$2a$`: both engines read it. Kept, because another hash of the same password would be a changed file. */
  readonly hash: string;
}

export type Accounts = Readonly<Record<AccountName, Account>>;

/** The engines' own default. The passwords are random, so more rounds would only cost processor time at each login. */
const rounds = 10;

/** 256 random bits, of letters, digits, `-` and `_`: no shell, URL or environment file has to quote them. */
export async function newAccount(user: string): Promise<Account> {
  const password = randomBytes(32).toString('base64url');
  // bcryptjs writes $2b$, the same algorithm under a newer name that Elasticsearch's file realm does not read.
  const hashed = (await hash(password, rounds)).replace(/^\$2b\$/, '$2a$');
  return { user, password: new Secret(password), hash: hashed };
}

export async function makeAccounts(): Promise<Accounts> {
  const made = accountNames.map(async (name) => [name, await newAccount(userOf(name))] as const);
  return Object.fromEntries(await Promise.all(made)) as Record<AccountName, Account>;
}
