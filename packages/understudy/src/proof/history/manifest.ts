// The manifest binds a run folder together: the SHA-256 of every raw file, written when the run is over. It shows damage and
// careless edits; it is no signature, and someone who rewrites it too is caught only by what the checker finds.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '@understudy/foundation';
import { derivedFiles, rawFiles } from './run-folder.ts';

export interface Manifest {
  readonly format: 1;
  readonly sha256: Readonly<Record<string, string>>;
}

/** Hashes the raw files that exist and writes the manifest. */
export async function writeManifest(directory: string): Promise<Manifest> {
  const manifest: Manifest = { format: 1, sha256: await hashes(directory) };
  await writeFile(join(directory, derivedFiles.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** Resolves when every raw file is as the manifest says. Errors: `drills-folder-unsealed`, `drills-folder-tampered`. */
export async function checkManifest(directory: string): Promise<void> {
  let sealed: Readonly<Record<string, string>>;
  try {
    sealed = (JSON.parse(await readFile(join(directory, derivedFiles.manifest), 'utf8')) as Manifest).sha256;
  } catch (cause) {
    throw new UnderstudyError(
      'drills-folder-unsealed',
      `${directory} has no readable ${derivedFiles.manifest}: the run was cut short or the folder is incomplete. Run the drill again.`,
      { cause },
    );
  }
  const seen = await hashes(directory);
  const names = [...new Set([...Object.keys(sealed), ...Object.keys(seen)])].sort();
  const changed = names.filter((name) => sealed[name] !== seen[name]);
  if (changed.length > 0)
    throw new UnderstudyError(
      'drills-folder-tampered',
      `${directory} was changed after the run: ${changed.join(', ')} no longer has the hash in ${derivedFiles.manifest}. Its verdict cannot be trusted; restore the folder or run the drill again.`,
      { facts: { changed } },
    );
}

async function hashes(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of Object.values(rawFiles).sort()) {
    try {
      found[name] = createHash('sha256')
        .update(await readFile(join(directory, name)))
        .digest('hex');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return found;
}
