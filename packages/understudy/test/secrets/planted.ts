// Secrets that are easy to recognise, and the search for them in every form in which they could leak.
import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What to look for, by what it is. */
export type Planted = Readonly<Record<string, string>>;

/** The secret as it is, in base64 at each of the three offsets, percent-encoded, and the middle line of a key in PEM. */
function formsOf(secret: string): string[] {
  const lines = secret.trim().split('\n');
  const plain = lines[Math.floor(lines.length / 2)] ?? '';
  const inBase64 = [0, 1, 2].map((offset) =>
    Buffer.from(`${' '.repeat(offset)}${plain}`)
      .toString('base64')
      // Ends depend on what stands beside the secret.
      .slice(offset === 0 ? 0 : 4, -4),
  );
  return [plain, encodeURIComponent(plain), ...inBase64];
}

/** Fails with the names of the secrets that are in the text, never with the text. */
export function assertFree(planted: Planted, text: string, where: string): void {
  const found = Object.entries(planted).filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)));
  assert.deepEqual(
    found.map(([name]) => name),
    [],
    `${where} holds secrets`,
  );
}

export interface FoundFile {
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

/** Every file below a directory. */
export async function filesBelow(directory: string): Promise<FoundFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (path) => ({
      path,
      mode: (await stat(path)).mode & 0o777,
      text: (await readFile(path)).toString('latin1'),
    })),
  );
}
