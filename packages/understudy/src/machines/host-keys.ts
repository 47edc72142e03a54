// The host keys this tool has seen, in a known-hosts file of its own that `ssh -o UserKnownHostsFile=` reads too.
// A key is pinned at first contact, and the first contact is trusted only with a machine that Linode has just made: nothing
// that a new machine is given may be secret, so nothing could prove the key sooner. A different key is always refused.
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UnderstudyError, type Clock, type Logger } from '@understudy/foundation';
import { fingerprint } from './fingerprint.ts';
import type { RemoteTarget } from './remote.ts';

export interface HostKeys {
  /**
   * Undefined when the key is the pinned one, or the first that a new machine shows (it is pinned then). Otherwise the error
   * that says why not: `machines-host-key`, with both fingerprints where there are two.
   */
  refusal(target: RemoteTarget, key: Buffer): UnderstudyError | undefined;
  /** Call it when the tool itself made or deleted the machine at this address. */
  forget(address: string): void;
}

export interface HostKeysOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long after its creation a machine's first key is trusted. Infinity in the lab, which is on this host. */
  readonly firstContactMs: number;
}

/** The key's type is in its first field: a 32-bit length and the name. */
function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('ascii');
}

/** A pinned key as a line of the file: `ADDRESS TYPE KEY`. */
export interface PinnedKey {
  readonly address: string;
  /** `TYPE KEY`. */
  readonly key: string;
}

export function pinnedKeys(path: string): PinnedKey[] {
  return [...read(path)].map(([address, key]) => ({ address, key }));
}

/** Pins keys that another operator has seen; true when one was not there yet. Error: `machines-host-key` when another key is pinned for one of them; nothing is pinned then. */
export function pinKeys(path: string, keys: readonly PinnedKey[]): boolean {
  const known = read(path);
  const other = keys.find(({ address, key }) => (known.get(address) ?? key) !== key);
  if (other) {
    throw new UnderstudyError(
      'machines-host-key',
      `${path} has another SSH host key for ${other.address} than the access file. One of the two is of a machine that is gone: if it is yours, ` +
        'remove that line and run again.',
      { facts: { address: other.address, path } },
    );
  }
  const added = keys.filter(({ address }) => !known.has(address));
  if (added.length === 0) return false;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  appendFileSync(path, added.map(({ address, key }) => `${address} ${key}\n`).join(''), { mode: 0o600 });
  return true;
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
export function hostKeysFile(path: string, options: HostKeysOptions): HostKeys {
  const { clock, logger, firstContactMs } = options;
  const refuse = (target: RemoteTarget, why: string, facts: object): UnderstudyError =>
    new UnderstudyError('machines-host-key', `${target.label} (${target.address}) ${why}`, {
      facts: { label: target.label, address: target.address, ...facts },
    });

  return {
    refusal(target, key) {
      const seen = `${keyType(key)} ${key.toString('base64')}`;
      const shown = fingerprint(key);
      const pinned = read(path).get(target.address);
      if (pinned === seen) return undefined;
      if (pinned !== undefined) {
        const before = fingerprint(Buffer.from(pinned.split(' ')[1] ?? '', 'base64'));
        return refuse(
          target,
          `shows the SSH host key ${shown}, and ${before} was pinned at first contact. Either another host answers at this address, or the ` +
            `machine was rebuilt by hand. If it was rebuilt, remove its line from ${path} and run again.`,
          { shown, pinned: before },
        );
      }
      const ageMs = target.created === undefined ? Infinity : clock.now() - Date.parse(target.created);
      if (!(ageMs <= firstContactMs)) {
        return refuse(
          target,
          `shows the SSH host key ${shown}, none is pinned on this computer, and the machine was created too long ago for its first key to be ` +
            'trusted. Copy the file from the computer that built it, or compare the fingerprint with the one on the ' +
            `machine's console (LISH, where root has the password of this system in ${dirname(path)}/console: ssh-keygen -lf ` +
            `/etc/ssh/ssh_host_ed25519_key.pub) and add this line to ${path}:\n` +
            `${target.address} ${seen}`,
          { shown },
        );
      }
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      appendFileSync(path, `${target.address} ${seen}\n`, { mode: 0o600 });
      logger({ level: 'info', subject: target.label, text: `first contact: pinned its SSH host key ${shown}` });
      return undefined;
    },
    forget(address) {
      const known = read(path);
      if (!known.delete(address)) return;
      const partial = `${path}.${process.pid}`;
      writeFileSync(partial, [...known].map(([at, key]) => `${at} ${key}\n`).join(''), { mode: 0o600 });
      renameSync(partial, path);
    },
  };
}
