// Directories of secrets on the operator's computer: written as a whole, or one file at a time, and never left half written.
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** File name -> content; one that is undefined is not there. */
export type KeptTexts = Readonly<Record<string, string | undefined>>;

/** All or nothing: the files are written beside, and the directory gets its name when they are complete. Errors: those of the file system. */
export async function keepDirectory(directory: string, texts: KeptTexts): Promise<void> {
  await inPlace(directory, texts, (beside) => rename(beside, directory));
}

/**
 * The same over a directory that is there, which is kept as `DIRECTORY.replaced-…`: returns that path. Errors: those of the file system, and
 * then the one that was there still is.
 */
export async function replaceDirectory(directory: string, texts: KeptTexts, nowMs: number): Promise<string> {
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

async function inPlace(directory: string, texts: KeptTexts, put: (beside: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  const beside = await mkdtemp(`${directory}.new-`);
  try {
    for (const [name, text] of Object.entries(texts)) {
      if (text !== undefined) await writeFile(join(beside, name), text, { mode: 0o600, flush: true });
    }
    await put(beside);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  }
}

/** One file, whole: a reader sees the one before or this one, also after a power cut. Errors: those of the file system. */
export async function keepFile(directory: string, name: string, text: string): Promise<void> {
  const beside = join(directory, `.${name}.${randomUUID()}`);
  try {
    await writeFile(beside, text, { mode: 0o600, flush: true });
    await rename(beside, join(directory, name));
    const folder = await open(directory);
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
