// Accounts and roles that an engine keeps in an index: read as they are shown, written one by one.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { AccountObject, AccountsApi } from '../engines/index.ts';
import { expectBody, refused } from './answer.ts';
import type { EngineTransport } from './transport.ts';

/** By the path of its kind and by its name: what the engine shows of each object. */
export type StoredAccounts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const writing = { timeoutMs: 35_000 };

const answer = z.record(z.string(), z.unknown());

/** Errors: `cluster-refused`, `cluster-unexpected-answer`, `cluster-unreachable`. */
export async function storedAccounts(transport: EngineTransport, { parts }: AccountsApi): Promise<StoredAccounts> {
  const read = parts.map(async (part) => {
    return [part, expectBody(await transport.request('GET', part), answer, 'show its accounts and roles')] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

export interface AccountChanges {
  readonly put: readonly AccountObject[];
  readonly remove: readonly Omit<AccountObject, 'body'>[];
}

/** What makes the stored objects the wanted ones; those of others stay. A password shows by the mark that lies beside it. */
export function accountChanges(
  stored: StoredAccounts,
  wanted: readonly AccountObject[],
  { neverShown, isOwn }: AccountsApi,
): AccountChanges {
  const put = wanted.filter(({ part, name, body }) => {
    const seen = stored[part]?.[name];
    if (typeof seen !== 'object' || seen === null) return true;
    const shown = new Map(Object.entries(seen));
    return !Object.entries(body).every(
      ([field, value]) => neverShown.includes(field) || isDeepStrictEqual(shown.get(field), value),
    );
  });
  const remove = Object.entries(stored).flatMap(([part, objects]) =>
    Object.entries(objects).flatMap(([name, shown]) => {
      const isWanted = wanted.some((one) => one.part === part && one.name === name);
      return !isWanted && isOwn(part, shown) ? [{ part, name }] : [];
    }),
  );
  return { put, remove };
}

/** Reads them, and changes what differs: makes before it removes. Errors: `cluster-refused`, `cluster-unreachable`. */
export async function writeAccounts(
  transport: EngineTransport,
  wanted: readonly AccountObject[],
  api: AccountsApi,
): Promise<void> {
  const { put, remove } = accountChanges(await storedAccounts(transport, api), wanted, api);
  for (const object of put) await putAccount(transport, object);
  for (const { part, name } of remove) {
    const removed = await transport.request('DELETE', `${part}/${encodeURIComponent(name)}`, undefined, writing);
    // Removed by somebody else is removed.
    if (removed.status >= 300 && removed.status !== 404) throw refused(removed, `remove ${shortName({ part, name })}`);
  }
}

/** Without the path of the API: `internalusers/understudy-service`. */
export function shortName({ part, name }: Omit<AccountObject, 'body'>): string {
  return `${part.split('/').at(-1) ?? part}/${name}`;
}

/**
 * Makes or replaces one account, role or mapping; every node knows it when this resolves. After the operator's own password, the
 * transport has to log in with the new one. Error: `cluster-refused`.
 */
async function putAccount(transport: EngineTransport, object: AccountObject): Promise<void> {
  const { part, name, body } = object;
  const put = await transport.request('PUT', `${part}/${encodeURIComponent(name)}`, body, writing);
  if (put.status >= 300) throw refused(put, `store ${shortName(object)}`);
}
