// The programs that a release can start, and where the first word of a start command leads. What would not start is refused here,
// before a machine sees it.
import { open, readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { refusal } from './release-error.ts';

/** Directories of programs in a release, first match first; the empty one is the release itself. */
const places = ['venv/bin', 'node_modules/.bin', 'bin', ''] as const;

/** Name -> path in the release, for every program that a bare name reaches. `made` come to be on the machine. */
export async function programsOf(directory: string, made: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const place of places) {
    const own = made
      .filter((path) => path.startsWith(`${place}/`) && place !== '')
      .map((path) => path.slice(place.length + 1));
    for (const name of [...own, ...(await executablesIn(join(directory, place)))].sort()) {
      if (name !== 'prepare') found[name] ??= place === '' ? name : `${place}/${name}`;
    }
  }
  return found;
}

async function executablesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  const are = await Promise.all(names.map(async (name) => isExecutable(join(directory, name))));
  return names.filter((_, index) => are[index]);
}

async function isExecutable(path: string): Promise<boolean> {
  const about = await stat(path).catch(() => undefined);
  return about?.isFile() === true && (about.mode & 0o100) !== 0;
}

export interface ProgramSearch {
  /** Absolute path of the release on this machine. */
  readonly directory: string;
  readonly programs: Readonly<Record<string, string>>;
  /** Programs of the machines' image that may start a service, name -> absolute path; undefined for an image of the user's own. */
  readonly ofImage: Readonly<Record<string, string>> | undefined;
  /** `binary` takes no script. */
  readonly runtime: string;
}

/**
 * Where the first word of a start command leads: a path in the release, or an absolute one of the image.
 * Error: `release-command`, with the closest name when there is one.
 */
export async function locateProgram(word: string, search: ProgramSearch): Promise<string> {
  const { programs, ofImage } = search;
  if (isAbsolute(word)) {
    if (ofImage === undefined || Object.values(ofImage).includes(word)) return word;
    throw notFound(word, search, 'it is no program of the image that this tool knows');
  }
  if (!word.includes('/')) {
    const path = Object.hasOwn(programs, word) ? programs[word] : undefined;
    if (path !== undefined) return await startable(word, path, search);
    const image = ofImage ?? baseImage;
    if (Object.hasOwn(image, word)) return image[word] as string;
    throw notFound(word, search, 'neither the release nor the image has a program of this name');
  }
  const path = normalize(word);
  if (path.startsWith('../')) throw notFound(word, search, 'it leads out of the release');
  return await startable(word, path, search);
}

/** What every image that runs the tool's own scripts has. */
const baseImage: Readonly<Record<string, string>> = { sh: '/bin/sh' };

async function startable(word: string, path: string, search: ProgramSearch): Promise<string> {
  if (path.startsWith('venv/bin/') && Object.values(search.programs).includes(path)) return path;
  const file = join(search.directory, path);
  const about = await stat(file).catch(() => undefined);
  if (about === undefined || !about.isFile()) throw notFound(word, search, 'the release has no such file');
  if ((about.mode & 0o100) === 0) throw wrongKind(word, 'a file that is not executable', `chmod +x ${path}`);
  const kind = await kindOf(file);
  if (kind === 'elf-x86-64' || (kind === 'script' && search.runtime !== 'binary')) return path;
  const remedy =
    search.runtime === 'binary'
      ? 'build it for Linux on x86_64, or set service.runtime: none for a script'
      : 'build it for Linux on x86_64, or begin the script with #!/bin/sh';
  throw wrongKind(word, kindWords[kind], remedy);
}

const kindWords = {
  'elf-x86-64': 'a program for x86_64',
  elf: 'a program for another processor than x86_64',
  script: 'a script',
  other: 'a file that is neither a Linux program nor a script with #! in its first line',
} as const;

/** By the first bytes. https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
async function kindOf(path: string): Promise<keyof typeof kindWords> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(20), 0, 20, 0);
  if (buffer.toString('latin1', 0, 2) === '#!') return 'script';
  if (bytesRead < 20 || buffer.toString('latin1', 0, 4) !== '\u007fELF') return 'other';
  const is64LittleEndian = buffer[4] === 2 && buffer[5] === 1;
  return is64LittleEndian && buffer.readUInt16LE(18) === 62 ? 'elf-x86-64' : 'elf';
}

const allowed = "a program of the release or of the image's own";

function wrongKind(word: string, saw: string, remedy: string): Error {
  const message = 'systemd could not start it';
  return refusal('release-command', {
    field: 'command',
    saw: `${word}, ${saw}`,
    allowed: 'an executable program for Linux on x86_64, or a script',
    message,
    remedy,
  });
}

function notFound(word: string, { programs, ofImage = baseImage, runtime }: ProgramSearch, message: string): Error {
  const names = [...Object.keys(programs), ...Object.keys(ofImage)];
  const closest = closestName(word.split('/').at(-1) ?? word, names);
  const listed = names.slice(0, 12).join(', ') + (names.length > 12 ? ' …' : '');
  const bring: Readonly<Record<string, string>> = {
    python: `add the package that has ${word} to requirements.txt`,
    node: `add the package that has ${word} to package.json and its lockfile`,
  };
  return refusal('release-command', {
    field: 'command',
    saw: word,
    allowed: `${allowed}: ${listed}`,
    message,
    remedy: closest === undefined ? (bring[runtime] ?? 'add the program to the artifact') : `write ${closest}?`,
  });
}

/** The name with the fewest changed letters, a quarter of the word at most. */
function closestName(word: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, changes: changedLetters(word, name) }))
    .filter(({ changes }) => changes <= Math.max(1, Math.floor(word.length / 4)))
    .sort((a, b) => a.changes - b.changes);
  return near[0]?.name;
}

/** Levenshtein distance, in which two letters in the wrong order are one change. */
function changedLetters(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      next.push(Math.min(changed, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row.at(-1) ?? 0;
}
