// A run folder by its name or its path, from whatever directory the command is run.
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UnderstudyError } from '@understudy/foundation';

/** How many names an error lists. */
const shownNames = 5;

/**
 * The folder that `word` means: a path, or the name of a run in `runsDirectory`. A path that exists comes first. Error:
 * `proof-unknown-run` with the names that are near.
 */
export async function findRun(runsDirectory: string, word: string): Promise<string> {
  if (await isDirectory(word)) return resolve(word);
  const isName = word !== '' && !word.includes('/');
  if (isName && (await isDirectory(join(runsDirectory, word)))) return join(runsDirectory, word);
  const near = nearNames(await readdir(runsDirectory).catch(() => []), word);
  const hint =
    near.length === 0
      ? 'There are no runs yet: understudy drill run NAME.'
      : `Near it are:\n${near.map((name) => `  ${name}`).join('\n')}`;
  throw new UnderstudyError(
    'proof-unknown-run',
    `There is no run '${word}', neither as a path nor as a name in ${runsDirectory}. ${hint}`,
    { facts: { saw: word, near } },
  );
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Names that share the most with the word, the newest of equal ones first: a drill's name finds its last runs. */
function nearNames(names: readonly string[], word: string): string[] {
  const wanted = word.split('/').filter(Boolean).at(-1) ?? '';
  return [...names]
    .sort()
    .reverse()
    .map((name) => ({ name, shared: sharedPart(name, wanted) }))
    .sort((a, b) => b.shared - a.shared)
    .slice(0, shownNames)
    .map(({ name }) => name);
}

/** The share of pairs of neighbouring characters that the two have in common (Dice's coefficient); 1 for a part of the name. */
function sharedPart(one: string, other: string): number {
  if (one.includes(other)) return 1;
  const [a, b] = [pairs(one), pairs(other)];
  return (2 * [...a].filter((pair) => b.has(pair)).length) / Math.max(1, a.size + b.size);
}

function pairs(text: string): Set<string> {
  return new Set(Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2).toLowerCase()));
}
