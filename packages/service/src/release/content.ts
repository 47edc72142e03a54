// What a release is made of, before it is written: files with their bytes or their origin, and the hash over them.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { refusal } from './release-error.ts';

export interface ReleaseFile {
  /** Relative to the release. */
  readonly path: string;
  readonly executable: boolean;
  /** The bytes themselves, the absolute path they are copied from, or the target of a symbolic link. */
  readonly from: Uint8Array | { readonly path: string } | { readonly link: string };
}

/** By-products of working on a directory, which are no part of a release whose packages are installed by the tool. */
export const byProducts: ReadonlySet<string> = new Set([
  ...['__pycache__', '.pytest_cache', '.venv', 'venv', 'node_modules', '.git'],
]);

/** The least that is left out: version control, and npm's settings, which may hold a token. */
export const versionControl: ReadonlySet<string> = new Set(['.git', '.npmrc']);

/**
 * All files and symbolic links below a directory, in a fixed order, without those of some names and some absolute paths. A link that
 * leads out of it is refused.
 */
export async function filesOf(
  directory: string,
  leftOut: ReadonlySet<string>,
  exclude: readonly string[] = [],
): Promise<ReleaseFile[]> {
  const excluded = new Set(exclude.map((path) => relative(directory, path)));
  const paths = (await pathsBelow(directory, '', leftOut)).filter((path) => !excluded.has(path));
  return await Promise.all(paths.sort((a, b) => (a < b ? -1 : 1)).map((path) => fileAt(directory, path)));
}

async function pathsBelow(directory: string, below: string, leftOut: ReadonlySet<string>): Promise<string[]> {
  const entries = await readdir(join(directory, below), { withFileTypes: true });
  const kept = entries.filter(({ name }) => !leftOut.has(name));
  const found = kept.map(async (entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return await pathsBelow(directory, path, leftOut);
    return entry.isFile() || entry.isSymbolicLink() ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

async function fileAt(directory: string, path: string): Promise<ReleaseFile> {
  const from = join(directory, path);
  const about = await lstat(from);
  if (!about.isSymbolicLink()) return { path, executable: (about.mode & 0o100) !== 0, from: { path: from } };
  const link = await readlink(from);
  const inside = await isInside(directory, from);
  if (isAbsolute(link) || !inside) {
    throw refusal('release-artifact', {
      field: 'artifact',
      saw: `the symbolic link ${from} to ${link}`,
      allowed: 'relative links to files inside the directory',
      message: 'the machine has nothing at that place',
      remedy: 'copy the file to the place of the link',
    });
  }
  const executable = await stat(from).then(
    ({ mode }) => (mode & 0o100) !== 0,
    () => false,
  );
  return { path, executable, from: { link } };
}

/** Whether what a link leads to exists below the directory. */
async function isInside(directory: string, path: string): Promise<boolean> {
  const [root, target] = await Promise.all([realpath(directory), realpath(path).catch(() => undefined)]);
  if (target === undefined) return false;
  const away = relative(root, target);
  return away !== '..' && !away.startsWith(`..${sep}`) && !isAbsolute(away);
}

/** 16 hexadecimal digits of SHA-256 over names, modes and contents: nothing of times, owners or this machine. */
export async function contentHash(files: readonly ReleaseFile[], more: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file.path}\0${file.executable ? 'x' : '-'}\0${await fileHash(file)}\n`);
  }
  for (const line of more) hash.update(`${line}\n`);
  return hash.digest('hex').slice(0, 16);
}

async function fileHash({ from }: ReleaseFile): Promise<string> {
  if (!(from instanceof Uint8Array) && 'path' in from) return await sha256Of(from.path);
  const hash = createHash('sha256');
  if (from instanceof Uint8Array) hash.update(from);
  else hash.update(`link to ${from.link}`);
  return hash.digest('hex');
}

/** SHA-256 of a file's bytes, in hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
