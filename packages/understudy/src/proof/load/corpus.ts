// Real text to index: the descriptions of Debian's packages, which every Debian machine has.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface CorpusEntry {
  readonly title: string;
  readonly text: string;
}

/** Reads the descriptions out of a Debian package list (`apt-cache dumpavail`, or a Packages file). */
export function parsePackages(list: string): CorpusEntry[] {
  return list.split('\n\n').flatMap((paragraph) => {
    const title = /^Package: (.+)$/m.exec(paragraph)?.[1];
    const description = /^Description(?:-en)?: (.+(?:\n .*)*)/m.exec(paragraph)?.[1];
    if (title === undefined || description === undefined) return [];
    const tags = /^Tag: (.+(?:\n .*)*)/m.exec(paragraph)?.[1] ?? '';
    const section = /^Section: (.+)$/m.exec(paragraph)?.[1] ?? '';
    return [{ title, text: clean(`${description}\n${section} ${tags.replaceAll('::', ' ')}`) }];
  });
}

/** At most `limit` entries of this machine's package list, or the fallback where there is none. */
export async function loadCorpus(limit = 20_000): Promise<readonly CorpusEntry[]> {
  try {
    const entries = parsePackages(await packageList(limit)).slice(0, limit);
    if (entries.length > 0) return entries;
  } catch {
    // No apt here: the fallback below is real text too, only less of it.
  }
  return fallback;
}

/** The beginning of the list, up to about `limit` packages: the whole is tens of megabytes. */
async function packageList(limit: number): Promise<string> {
  const child = spawn('apt-cache', ['dumpavail'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
  let list = '';
  let found = 0;
  const read = (async () => {
    for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      list += chunk;
      found += chunk.split('\n\n').length - 1;
      if (found > limit) break;
    }
  })();
  await Promise.race([read, failed]);
  child.kill();
  return list;
}

/** Words that a search for this text would use: long enough to mean something. */
export function wordsOf({ title, text }: CorpusEntry): string[] {
  return text.match(/[a-z]{5,}/gi) ?? [title];
}

function clean(text: string): string {
  return text
    .replace(/\n \.\n/g, '\n')
    .replace(/\s+/g, ' ')
    .trim();
}

const fallback: readonly CorpusEntry[] = [
  {
    title: 'quorum',
    text: 'A cluster of three keeps working when one machine dies, because two are still a majority.',
  },
  {
    title: 'replica',
    text: 'Every primary shard has a copy on another machine, which takes over when the first fails.',
  },
  {
    title: 'balancer',
    text: 'The balancer asks each application server for its health and skips those that do not answer.',
  },
  {
    title: 'translog',
    text: 'A write is acknowledged after the transaction log is on the disk of every copy in sync.',
  },
];
