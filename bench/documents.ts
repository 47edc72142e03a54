// Real documents that every Debian machine has: what its package lists say about each package.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface BenchDocument {
  readonly id: string;
  readonly data: Readonly<Record<string, string>>;
}

const fields = new Set(['Package', 'Version', 'Description', 'Section', 'Maintainer', 'Homepage', 'Tag']);

/** One document for each package, at most `most`, in the order of the lists. Needs apt's lists (`apt-get update`). */
export async function debianDescriptions(most = Infinity): Promise<BenchDocument[]> {
  const { stdout } = await promisify(execFile)('apt-cache', ['dumpavail'], { maxBuffer: 2 ** 30 });
  const documents = new Map<string, BenchDocument>();
  for (const stanza of stdout.split('\n\n')) {
    const data = fieldsOf(stanza);
    if (data['Package'] !== undefined) documents.set(data['Package'], { id: data['Package'], data });
    if (documents.size >= most) break;
  }
  if (documents.size === 0) throw new Error('The package lists of apt are empty; run apt-get update first.');
  return [...documents.values()];
}

/** The fields worth reading; a line that starts with a space continues the one before. */
function fieldsOf(stanza: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of stanza.replaceAll('\n ', ' ').split('\n')) {
    const colon = line.indexOf(': ');
    const name = line.slice(0, colon);
    if (colon > 0 && fields.has(name)) found[name] = line.slice(colon + 2);
  }
  return found;
}
