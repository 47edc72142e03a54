// One hash for a directory: names, modes and contents, nothing of times or owners.
import { createHash } from 'node:crypto';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Paths of all files below `directory`, relative to it, sorted by code unit. */
export async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** 16 hexadecimal digits of SHA-256 over every file; the same files give the same hash on any machine. */
export async function treeHash(directory: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    const path = join(directory, file);
    const executable = ((await stat(path)).mode & 0o100) !== 0;
    const content = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    hash.update(`${file}\0${executable ? 'x' : '-'}\0${content}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}
