// How a directory without a known language is started: by its one executable file.
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sources } from './sources.ts';
import { type Start, untold } from './start.ts';

/** Error: `cli-usage` without an executable file, or with several. */
export async function programApplication({ directory, top }: Sources): Promise<Start> {
  const executable: string[] = [];
  for (const name of top) {
    const about = await stat(join(directory, name)).catch(() => undefined);
    if (about?.isFile() === true && (about.mode & 0o100) !== 0) executable.push(name);
  }
  const [name] = executable;
  if (name === undefined || executable.length > 1) {
    const saw = executable.length > 1 ? `the executable files ${executable.join(', ')}` : seenNames(top);
    const allowed = 'requirements.txt, package.json, go.mod, or one executable file';
    throw untold(directory, saw, allowed, 'name the directory that has one of them');
  }
  const isElf = await startsWith(join(directory, name), '\u007fELF');
  return {
    runtime: isElf
      ? { value: 'binary', why: `Found the program ${name}; nothing is added to the directory.` }
      : { value: 'none', why: `Found the script ${name}; nothing is added to the directory.` },
    command: {
      value: [`./${name}`],
      why: `${name} is the only executable file. It must listen on HOST and PORT, which it gets as variables.`,
    },
    open: [],
  };
}

function seenNames(top: readonly string[]): string {
  return top.length === 0 ? 'no files' : `only ${top.slice(0, 6).join(', ')}`;
}

async function startsWith(path: string, text: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(text.length), 0, text.length, 0);
  return buffer.toString('latin1') === text;
}
