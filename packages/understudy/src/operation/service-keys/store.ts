// The keys of one system's callers as the operator keeps them: the list of hashes, the key of the tool itself, and the secret with which
// service machines know each other. Made once, in memory until `keep` is called; afterwards only the list changes.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Secret, systemClock, UnderstudyError } from '@understudy/foundation';
import { keyListText, readKeyList, type KeyList } from './key-list.ts';
import { keyScopes, makeKey, toolKeyId } from './key-record.ts';

export interface ServiceKeys {
  /** Where the operator keeps them. */
  readonly directory: string;
  readonly list: KeyList;
  /** `us_understudy-tool_SECRET`. */
  readonly toolKey: Secret;
  /** Of the service machines among each other. */
  readonly peerSecret: Secret;
  /** Writes what was made in memory; does nothing when it was read. Errors: `service-keys-not-kept`. */
  keep(): Promise<void>;
}

const names = { list: 'keys.json', toolKey: 'tool-key', peerSecret: 'peer-secret' } as const;
export const serviceKeyFileNames = Object.values(names);
export type ServiceKeyTexts = Readonly<Record<(typeof serviceKeyFileNames)[number], string>>;

/** Reads them; makes them in memory when the directory does not exist. Errors: `service-keys-unreadable`. */
export async function openServiceKeys(directory: string): Promise<ServiceKeys> {
  const kept = await serviceKeyTexts(directory);
  if (kept) return keysOf(directory, kept, () => Promise.resolve());
  const texts = madeTexts();
  let keeping: Promise<void> | undefined;
  return keysOf(directory, texts, () => (keeping ??= keepServiceKeyTexts(directory, texts)));
}

function madeTexts(): ServiceKeyTexts {
  const tool = makeKey({ id: toolKeyId, scopes: keyScopes }, systemClock.now());
  return {
    [names.list]: keyListText({ generation: 1, keys: [tool.record] }),
    [names.toolKey]: `${tool.bearer.reveal()}\n`,
    [names.peerSecret]: `${randomBytes(32).toString('base64url')}\n`,
  };
}

function keysOf(directory: string, texts: ServiceKeyTexts, keep: () => Promise<void>): ServiceKeys {
  const list = readKeyList(texts[names.list]);
  if (!list) throw unreadable(join(directory, names.list), 'it is not a list of keys that this tool writes');
  return {
    directory,
    list,
    toolKey: new Secret(texts[names.toolKey].trim()),
    peerSecret: new Secret(texts[names.peerSecret].trim()),
    keep,
  };
}

/** The files, name -> text; undefined when there are none. They hold secrets. Errors: `service-keys-unreadable`. */
export async function serviceKeyTexts(directory: string): Promise<ServiceKeyTexts | undefined> {
  const read = serviceKeyFileNames.map(async (name) => [name, await textOf(join(directory, name))] as const);
  const texts = await Promise.all(read);
  const missing = texts.filter(([, text]) => text === undefined);
  if (missing.length === texts.length) return undefined;
  for (const [name] of missing) throw unreadable(join(directory, name), 'ENOENT');
  return Object.fromEntries(texts) as ServiceKeyTexts;
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

/** Replaces the list by one rename. */
export async function writeKeyList(directory: string, list: KeyList): Promise<void> {
  const path = join(directory, names.list);
  const beside = `${path}.${randomUUID()}`;
  await writeFile(beside, keyListText(list), { mode: 0o600, flush: true });
  await rename(beside, path);
}

/** All or nothing: the directory gets its name when its files are complete. Errors: `service-keys-not-kept`. */
export async function keepServiceKeyTexts(directory: string, texts: ServiceKeyTexts): Promise<void> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  const beside = await mkdtemp(`${directory}.new-`);
  try {
    for (const [name, text] of Object.entries(texts)) {
      await writeFile(join(beside, name), text, { mode: 0o600, flush: true });
    }
    await rename(beside, directory);
  } catch (cause) {
    await rm(beside, { recursive: true, force: true });
    throw new UnderstudyError(
      'service-keys-not-kept',
      `The keys of the service could not be written to ${directory} (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}), so none was ` +
        'put on a machine. Make that directory writable, or if another command has just made it, run again.',
      { facts: { directory }, cause },
    );
  }
}

function unreadable(path: string, why: string): UnderstudyError {
  return new UnderstudyError(
    'service-keys-unreadable',
    `${path} cannot be read (${why}). It belongs to the keys of the service of this system, which are not made anew: callers use them. ` +
      'Restore the directory from a backup, or from another operator: understudy access --help',
    { facts: { path } },
  );
}
