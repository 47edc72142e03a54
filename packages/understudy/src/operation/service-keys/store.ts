// Where the operator keeps the service keys of one system: made once, in memory until `keep` is called; afterwards the list changes, and an
// exchange (exchange.ts) changes the rest.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError, systemClock, type Secret } from '@understudy/foundation';
import { keepDirectory, keepFile, replaceDirectory } from '../../secure/index.ts';
import { keyListText, type KeyList } from './key-list.ts';
import { keyScopes, makeKey, toolKeyIds } from './key-record.ts';
import {
  keptIn,
  names,
  peerSecretsOf,
  serviceKeyFileNames,
  unreadable,
  usedOf,
  type KeptServiceKeys,
  type ServiceKeyExchange,
  type ServiceKeyTexts,
} from './kept.ts';

export interface ServiceKeys {
  /** Where the operator keeps them. */
  readonly directory: string;
  readonly list: KeyList;
  /** `us_understudy-tool_SECRET`, or with the other id: what the tool calls with now. */
  readonly toolKey: Secret;
  /** With which service machines know each other now: each is accepted, the first signs. */
  readonly peerSecrets: readonly Secret[];
  /** Every state in which they were, oldest first; the last one is this one. Not secret. */
  readonly generations: readonly string[];
  /** An exchange that has not ended, and how far it is. */
  readonly exchange: ServiceKeyExchange | undefined;
  /** Writes what was made in memory; does nothing when it was read. Errors: `service-keys-not-kept`. */
  keep(): Promise<void>;
}

/** Reads them; makes them in memory when the directory does not exist. Errors: `service-keys-unreadable`. */
export async function openServiceKeys(directory: string): Promise<ServiceKeys> {
  const kept = await keptServiceKeys(directory);
  if (kept) return kept;
  const texts = madeTexts();
  let keeping: Promise<void> | undefined;
  return keysOf(directory, keptIn(directory, texts), () => (keeping ??= keepServiceKeyTexts(directory, texts)));
}

/** As the files have them now; undefined when there are none. Errors: `service-keys-unreadable`. */
export async function keptServiceKeys(directory: string): Promise<ServiceKeys | undefined> {
  const kept = await readKept(directory);
  return kept && keysOf(directory, kept, () => Promise.resolve());
}

/** Undefined when there are none. Errors: `service-keys-unreadable`. */
export async function readKept(directory: string): Promise<KeptServiceKeys | undefined> {
  const texts = await serviceKeyTexts(directory);
  return texts && keptIn(directory, texts);
}

function madeTexts(): ServiceKeyTexts {
  const tool = makeKey({ id: toolKeyIds[0], scopes: keyScopes }, systemClock.now());
  return {
    [names.list]: keyListText({ generation: 1, keys: [tool.record] }),
    [names.toolKey]: `${tool.bearer.reveal()}\n`,
    [names.peerSecret]: `${newPeerSecret()}\n`,
  };
}

export function newPeerSecret(): string {
  return randomBytes(32).toString('base64url');
}

function keysOf(directory: string, kept: KeptServiceKeys, keep: () => Promise<void>): ServiceKeys {
  const { list, generations, exchange } = kept;
  const { toolKey } = usedOf(kept);
  return { directory, list, toolKey, peerSecrets: peerSecretsOf(kept), generations, exchange, keep };
}

/** The files, name -> text; undefined when there are none. They hold secrets. Errors: `service-keys-unreadable`. */
export async function serviceKeyTexts(directory: string): Promise<ServiceKeyTexts | undefined> {
  // First the file that is written last when an exchange ends: a reader beside the writer sees the exchange, or all of its result.
  const rotation = await textOf(join(directory, names.rotation));
  const rest = serviceKeyFileNames.filter((name) => name !== names.rotation);
  const texts = await Promise.all(rest.map(async (name) => [name, await textOf(join(directory, name))] as const));
  const missing = texts.filter(([, text]) => text === undefined);
  if (missing.length === texts.length && rotation === undefined) return undefined;
  for (const [name] of missing) throw unreadable(join(directory, name), 'ENOENT');
  return {
    ...Object.fromEntries(texts),
    ...(rotation === undefined ? {} : { [names.rotation]: rotation }),
  } as ServiceKeyTexts;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw unreadable(path, code ?? 'unknown');
  }
}

export async function writeKeyList(directory: string, list: KeyList): Promise<void> {
  await writeServiceKeyText(directory, names.list, keyListText(list));
}

/** Replaces one file whole. Errors: `service-keys-not-kept`. */
export async function writeServiceKeyText(directory: string, name: string, text: string): Promise<void> {
  await keepFile(directory, name, text).catch(notKept(directory));
}

/** All or nothing. Errors: `service-keys-not-kept`. */
export async function keepServiceKeyTexts(directory: string, texts: ServiceKeyTexts): Promise<void> {
  await keepDirectory(directory, texts).catch(notKept(directory));
}

/** The same over older ones, which are kept beside: returns where. Errors: `service-keys-not-kept`. */
export async function replaceServiceKeyTexts(
  directory: string,
  texts: ServiceKeyTexts,
  nowMs: number,
): Promise<string> {
  return await replaceDirectory(directory, texts, nowMs).catch(notKept(directory));
}

function notKept(directory: string): (cause: unknown) => never {
  return (cause) => {
    throw new UnderstudyError(
      'service-keys-not-kept',
      `The keys of the service could not be written to ${directory} (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}), so none was ` +
        'put on a machine. Make that directory writable, or if another command has just made it, run again.',
      { facts: { directory }, cause },
    );
  };
}
