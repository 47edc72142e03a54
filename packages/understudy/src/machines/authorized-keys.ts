// Who may log in to a machine as root: the file of public keys, and how the keys in it differ from the intended ones. Comments do not
// matter; options before a key do, because they restrict it.
import { fingerprint } from './fingerprint.ts';
import type { ManagedFile } from './managed-file.ts';

export const authorizedKeysPath = '/root/.ssh/authorized_keys';

/** `lines` are public keys in the authorized_keys format. */
export function authorizedKeysFile(lines: readonly string[]): ManagedFile {
  const content = `# Written by understudy apply: its own key, and access.sshKeys of the topology.\n${lines.join('\n')}\n`;
  return { path: authorizedKeysPath, mode: '0600', owner: 'root:root', content };
}

export interface KeyDifferences {
  /** Intended keys that are not in the file, as `SHA256:… (comment)`. */
  readonly missing: readonly string[];
  /** What the file has beyond the intended keys, in the same form; a line that is no key by its place. */
  readonly unnamed: readonly string[];
}

export function keyDifferences(text: string, lines: readonly string[]): KeyDifferences {
  const there = keysIn(text);
  const intended = keysIn(lines.join('\n'));
  return { missing: namesBeyond(intended, there), unnamed: namesBeyond(there, intended) };
}

/** Key with its options -> its name for a reader. */
type Keys = ReadonlyMap<string, string>;

function namesBeyond(keys: Keys, others: Keys): string[] {
  return [...keys].filter(([key]) => !others.has(key)).map(([, name]) => name);
}

/** Options, type, key in base64, comment: sshd(8), AUTHORIZED_KEYS FILE FORMAT. Every type's name ends before a blank. */
const keyLine =
  /^(?:(?<options>\S.*?)\s+)?(?<type>(?:ssh|ecdsa|sk)-[\w@.-]+)\s+(?<key>AAAA[A-Za-z0-9+/]+=*)(?:\s+(?<comment>.*))?$/;

function keysIn(text: string): Keys {
  const keys = new Map<string, string>();
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const { options, type, key, comment } = keyLine.exec(line)?.groups ?? {};
    if (key === undefined) keys.set(line, `line ${at + 1}, which is no key`);
    else keys.set([options, type, key].filter(Boolean).join(' '), nameOf(key, comment, options));
  }
  return keys;
}

function nameOf(key: string, comment: string | undefined, options: string | undefined): string {
  const about = [comment, options && 'with options'].filter(Boolean).join(', ');
  return `${fingerprint(Buffer.from(key, 'base64'))}${about && ` (${about})`}`;
}
