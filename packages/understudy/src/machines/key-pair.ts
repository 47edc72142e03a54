// The tool's own SSH key pair, made once on the operator's machine; and the public keys a topology names.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { Secret, UnderstudyError } from '@understudy/foundation';

export interface KeyPair {
  readonly privateKey: Secret;
  /** One line in the authorized_keys format. */
  readonly publicKey: string;
}

/** Where the private key of the pair in `directory` is. */
export function privateKeyPath(directory: string): string {
  return join(directory, 'id_ed25519');
}

/** Reads the pair in `directory` (id_ed25519, id_ed25519.pub), making it first when it is missing. */
export async function ensureKeyPair(directory: string, comment: string): Promise<KeyPair> {
  const privatePath = privateKeyPath(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const made = newKeyPair(comment);
  try {
    await writeFile(privatePath, made.private, { mode: 0o600, flag: 'wx' });
    await writeFile(`${privatePath}.pub`, `${made.public}\n`, { mode: 0o644 });
  } catch (error) {
    // Another run made it first, or it has always been there: that one counts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const text = await readFile(privatePath, 'utf8');
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) {
    throw new UnderstudyError(
      'machines-key-unreadable',
      `The SSH key ${privatePath} cannot be read: ${parsed.message}. Move the file to another place, and a new key is created.`,
      { facts: { path: privatePath }, cause: parsed },
    );
  }
  const publicKey = `${parsed.type} ${parsed.getPublicSSH().toString('base64')} ${comment}`;
  return { privateKey: new Secret(text), publicKey };
}

/** About one pair in two hundred that ssh2 makes cannot be read again (seen in 1.17.0), so each is tried before it counts. */
function newKeyPair(comment: string): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** Turns the topology's `access.sshKeys` (paths or whole keys) into authorized_keys lines. Error: `machines-key-unreadable`. */
export async function readPublicKeys(keys: readonly string[]): Promise<string[]> {
  return Promise.all(
    keys.map(async (key) => {
      const text = key.startsWith('/') ? await readFile(key, 'utf8') : key;
      const line = text.trim();
      const parsed = ssh2.utils.parseKey(line);
      if (parsed instanceof Error || parsed.isPrivateKey()) {
        throw new UnderstudyError(
          'machines-key-unreadable',
          `${key.startsWith('/') ? key : 'A key in access.sshKeys'} is not one public key in the authorized_keys format. Name the .pub file.`,
        );
      }
      return line;
    }),
  );
}
