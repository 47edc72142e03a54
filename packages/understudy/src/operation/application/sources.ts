// The files of an application as far as they are looked at: names, and the texts of its sources. Bounded, since a directory may be large.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UnderstudyError } from '@understudy/foundation';

export interface SourceFile {
  /** Relative to the directory. */
  readonly path: string;
  readonly text: string;
}

export interface Sources {
  /** Absolute. */
  readonly directory: string;
  /** Names of the files in the directory itself. */
  readonly top: readonly string[];
  /** Sources in it and in the two levels below, those nearest first. */
  readonly files: readonly SourceFile[];
}

const sourceName = /(?:\.(?:py|m?js|cjs|ts|go)|^requirements\.txt)$/;
const skipped = /^(?:\..*|node_modules|venv|env|__pycache__|vendor|dist|build|tests?|migrations)$/;
const mostFiles = 300;
const mostBytes = 1024 * 1024;
const levels = 3;

/** Error: `cli-usage` when it is no directory. */
export async function listSources(given: string): Promise<Sources> {
  const directory = resolve(given);
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    const seen = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    const text = `--app: saw ${given} (${seen}); allowed a directory that can be read; do: name the directory of your application.`;
    throw new UnderstudyError('cli-usage', text, { cause });
  });
  const files: SourceFile[] = [];
  let folders = [''];
  for (let level = 0; level < levels; level += 1) {
    const below: string[] = [];
    for (const folder of folders) below.push(...(await readFolder(directory, folder, files)));
    folders = below;
  }
  const top = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  return { directory, top: top.sort(), files };
}

/** Adds the folder's sources to `files`; resolves with the folders in it. */
async function readFolder(directory: string, folder: string, files: SourceFile[]): Promise<string[]> {
  const entries = await readdir(join(directory, folder), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (!entry.isFile() || !sourceName.test(entry.name) || files.length >= mostFiles) continue;
    if ((await stat(join(directory, path))).size > mostBytes) continue;
    files.push({ path, text: await readFile(join(directory, path), 'utf8') });
  }
  return entries
    .filter((entry) => entry.isDirectory() && !skipped.test(entry.name))
    .map(({ name }) => join(folder, name));
}
