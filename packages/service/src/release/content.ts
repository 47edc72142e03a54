// What a release is made of, before it is written: files with their bytes or their origin, and the hash over them.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

export interface ReleaseFile {
  /** Relative to the release. */
  readonly path: string;
  readonly executable: boolean;
  /** The bytes themselves, or the absolute path they are copied from. */
  readonly from: Uint8Array | { readonly path: string };
}

/** Directories of an artifact that are not part of it: caches, environments and version control. */
const leftOut = new Set(['__pycache__', '.venv', 'node_modules', '.git']);

/** All files below a directory, in a fixed order. */
export async function filesOf(directory: string): Promise<ReleaseFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split('/').some((part) => leftOut.has(part)))
    .sort((a, b) => (a < b ? -1 : 1));
  return await Promise.all(
    paths.map(async (path) => {
      const from = join(directory, path);
      return { path, executable: ((await stat(from)).mode & 0o100) !== 0, from: { path: from } };
    }),
  );
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

async function fileHash(file: ReleaseFile): Promise<string> {
  const hash = createHash('sha256');
  if (file.from instanceof Uint8Array) hash.update(file.from);
  else for await (const chunk of createReadStream(file.from.path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
