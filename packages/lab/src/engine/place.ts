// Writes one file of a home or a package, with the folders above it.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export async function place(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { mode });
}
