// Secrets in files. Refuses to read a file that other users can read.
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Secret, UnderstudyError } from '@understudy/foundation';

/** Only the mode bit for others is checked: the group may contain only the owner. */
const othersMayRead = 0o004;

/** The file's text. Error: `reconcile-secret-file` when it cannot be read, or when every user of this computer can read it. */
export async function readSecretFile(path: string, field: string): Promise<Secret> {
  const refuse = (why: string, cause?: unknown): UnderstudyError =>
    new UnderstudyError('reconcile-secret-file', `${field}: ${path} ${why}`, { facts: { path, field }, cause });
  const file = await open(path).catch((cause: unknown) => {
    throw refuse(`cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}). Correct the path.`, cause);
  });
  try {
    const { mode } = await file.stat();
    if ((mode & othersMayRead) !== 0)
      throw refuse(
        `may be read by everybody on this computer (mode ${(mode & 0o777).toString(8)}); do: chmod 600 ${path}`,
      );
    return new Secret(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

/** Writes it for the owner alone, whole, unless there is one: then that one stays. */
export async function writeSecretOnce(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const made = `${path}.${randomUUID()}`;
  await writeFile(made, text, { mode: 0o600 });
  try {
    await link(made, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(made);
  }
}

/** Writes it for the owner alone, whole, in place of what is there. */
export async function writeSecret(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const made = `${path}.${randomUUID()}`;
  await writeFile(made, text, { mode: 0o600, flush: true });
  await rename(made, path);
}

/** The value of a variable: the file's one line. */
export async function readSecretValue(path: string, field: string): Promise<Secret> {
  const text = (await readSecretFile(path, field)).reveal().replace(/\r?\n$/, '');
  if (text !== '' && !/[\u0000-\u001f\u007f]/.test(text)) return new Secret(text);
  const saw = text === '' ? 'is empty' : 'holds more than one line of text';
  throw new UnderstudyError('reconcile-secret-file', `${field}: ${path} ${saw}; allowed is one line of text.`, {
    facts: { path, field },
  });
}
