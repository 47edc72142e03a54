// Where the operator keeps the service keys of one system: made once, in memory until `keep` is called; afterwards the list changes, and an
// exchange (exchange.ts) changes the rest.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UnderstudyError, systemClock, type Secret } from '@understudy/foundation';
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

/** Replaces one file whole: a reader sees the one before or this one, also after a power cut. Errors: `service-keys-not-kept`. */
export async function writeServiceKeyText(directory: string, name: string, text: string): Promise<void> {
  const beside = join(directory, `.${name}.${randomUUID()}`);
  try {
    await writeFile(beside, text, { mode: 0o600, flush: true });
    await rename(beside, join(directory, name));
    const folder = await open(directory);
    await folder.sync().finally(() => folder.close());
  } catch (cause) {
    await rm(beside, { force: true });
    throw notKept(directory, cause);
  }
}

/** All or nothing: the directory gets its name when its files are complete. Errors: `service-keys-not-kept`. */
export async function keepServiceKeyTexts(directory: string, texts: ServiceKeyTexts): Promise<void> {
  await inPlace(directory, texts, (beside) => rename(beside, directory));
}

/** The same over older ones, which are kept beside: returns where. Errors: `service-keys-not-kept`. */
export async function replaceServiceKeyTexts(
  directory: string,
  texts: ServiceKeyTexts,
  nowMs: number,
): Promise<string> {
  const aside = `${directory}.replaced-${new Date(nowMs).toISOString().replaceAll(/[^0-9TZ]/g, '')}`;
  await inPlace(directory, texts, async (beside) => {
    await rename(directory, aside);
    await rename(beside, directory).catch(async (error: unknown) => {
      await rename(aside, directory);
      throw error;
    });
  });
  return aside;
}

async function inPlace(
  directory: string,
  texts: ServiceKeyTexts,
  put: (beside: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  const beside = await mkdtemp(`${directory}.new-`);
  try {
    for (const [name, text] of Object.entries(texts)) {
      if (text !== undefined) await writeFile(join(beside, name), text, { mode: 0o600, flush: true });
    }
    await put(beside);
  } catch (cause) {
    await rm(beside, { recursive: true, force: true });
    throw notKept(directory, cause);
  }
}

function notKept(directory: string, cause: unknown): UnderstudyError {
  return new UnderstudyError(
    'service-keys-not-kept',
    `The keys of the service could not be written to ${directory} (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}), so none was ` +
      'put on a machine. Make that directory writable, or if another command has just made it, run again.',
    { facts: { directory }, cause },
  );
}
