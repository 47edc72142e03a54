// The host keys this tool has seen, in a known-hosts file of its own that `ssh -o UserKnownHostsFile=` reads too.
// A key is pinned at first contact; a different one later is refused until the machine is forgotten on purpose.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface HostKeys {
  /** True when the key is the pinned one, or the first seen for this address (it is pinned then). */
  accept(address: string, key: Buffer): boolean;
  /** Call it when the tool itself made or deleted the machine at this address. */
  forget(address: string): void;
}

/** The key's type stands in its first field: a 32-bit length and the name. */
function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('ascii');
}

function read(path: string): Map<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [address = '', ...key] = line.split(' ');
      return [address, key.join(' ')];
    }),
  );
}

/** Reads the file at each question: several processes of the tool may share it, and it has one short line per machine. */
export function hostKeysFile(path: string): HostKeys {
  const write = (known: Map<string, string>): void => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lines = [...known].map(([address, key]) => `${address} ${key}\n`);
    const partial = `${path}.${process.pid}`;
    writeFileSync(partial, lines.join(''), { mode: 0o600 });
    renameSync(partial, path);
  };
  return {
    accept(address, key) {
      const known = read(path);
      const seen = `${keyType(key)} ${key.toString('base64')}`;
      const pinned = known.get(address);
      if (pinned !== undefined) return pinned === seen;
      write(known.set(address, seen));
      return true;
    },
    forget(address) {
      const known = read(path);
      if (known.delete(address)) write(known);
    },
  };
}
