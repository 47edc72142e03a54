// Real text to index: the descriptions of Debian's packages, which every Debian machine has.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

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
export async function loadCorpus(limit = 20_000): Promise<CorpusEntry[]> {
  try {
    const { stdout } = await promisify(execFile)('apt-cache', ['dumpavail'], { maxBuffer: 512 * 1024 * 1024 });
    const entries = parsePackages(stdout).slice(0, limit);
    if (entries.length > 0) return entries;
  } catch {
    // No apt here: the fallback below is real text too, only less of it.
  }
  return fallback;
}

/** Words that a search for this text would use: long enough to mean something. */
export function wordsOf(entry: CorpusEntry): string[] {
  return entry.text.match(/[a-z]{5,}/gi) ?? [entry.title];
}

function clean(text: string): string {
  return text
    .replace(/\n \.\n/g, '\n')
    .replace(/\s+/g, ' ')
    .trim();
}

const fallback: readonly CorpusEntry[] & CorpusEntry[] = [
  {
    title: 'quorum',
    text: 'A cluster of three keeps working when one machine dies, because two are still a majority.',
  },
  {
    title: 'replica',
    text: 'Every primary shard has a copy on another machine, which takes over when the first is gone.',
  },
  {
    title: 'balancer',
    text: 'The balancer asks each application server for its health and leaves out the silent ones.',
  },
  {
    title: 'translog',
    text: 'A write is acknowledged after the transaction log is on the disk of every copy in sync.',
  },
];
