// Accounts and roles that an engine keeps in an index: read as they are shown, written one by one.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { AccountObject, AccountsApi } from '../engines/index.ts';
import { expectBody, refused } from './answer.ts';
import type { EngineTransport } from './transport.ts';

/** By the path of its kind and by its name: what the engine shows of each object. */
export type StoredAccounts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const answer = z.record(z.string(), z.unknown());

/** Errors: `cluster-refused`, `cluster-unexpected-answer`, `cluster-unreachable`. */
export async function storedAccounts(transport: EngineTransport, { parts }: AccountsApi): Promise<StoredAccounts> {
  const read = parts.map(async (part) => {
    return [part, expectBody(await transport.request('GET', part), answer, 'show its accounts and roles')] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** The wanted objects that are not stored as they should be. A password shows by the mark that lies beside it. */
export function differingAccounts(
  stored: StoredAccounts,
  wanted: readonly AccountObject[],
  { neverShown }: AccountsApi,
): readonly AccountObject[] {
  return wanted.filter(({ part, name, body }) => {
    const seen = stored[part]?.[name];
    if (typeof seen !== 'object' || seen === null) return true;
    const shown = new Map(Object.entries(seen));
    return !Object.entries(body).every(
      ([field, value]) => neverShown.includes(field) || isDeepStrictEqual(shown.get(field), value),
    );
  });
}

/**
 * Makes or replaces one account, role or mapping; every node knows it when this resolves. After the operator's own password, the
 * transport has to log in with the new one. Error: `cluster-refused`.
 */
export async function putAccount(transport: EngineTransport, { part, name, body }: AccountObject): Promise<void> {
  const put = await transport.request('PUT', `${part}/${encodeURIComponent(name)}`, body, { timeoutMs: 35_000 });
  if (put.status >= 300) throw refused(put, `store ${part.split('/').at(-1) ?? part}/${name}`);
}
