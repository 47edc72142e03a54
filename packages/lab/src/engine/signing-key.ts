// The lab's OpenPGP key, made once per cache: machines of the lab check packages by it, as they check the vendor's.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@understudy/foundation';
import { runBuildCommand } from '../cache/build-command.ts';
import { buildOnce } from '../cache/build-once.ts';

export interface SigningKey {
  /** GnuPG's home folder that holds it. */
  readonly gnupgHome: string;
  /** The public key, armored. */
  readonly publicKey: string;
}

export interface SigningKeyOptions {
  readonly cacheDir: string;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

const gpg = (home: string, ...rest: string[]): string[] => [
  'gpg',
  '--homedir',
  home,
  '--batch',
  '--quiet',
  '--yes',
  ...rest,
];

const makeKeyCommand = (home: string): string[] =>
  gpg(
    home,
    '--passphrase',
    '',
    '--quick-generate-key',
    'Understudy lab <lab@understudy.invalid>',
    'ed25519',
    'sign',
    'never',
  );

/** Writes `<release>` signed in place to `inRelease`. */
export const clearSignCommand = (home: string, release: string, inRelease: string): string[] =>
  gpg(home, '--digest-algo', 'SHA512', '--output', inRelease, '--clearsign', release);

export const detachSignCommand = (home: string, release: string, signature: string): string[] =>
  gpg(home, '--digest-algo', 'SHA512', '--armor', '--output', signature, '--detach-sign', release);

/** GnuPG leaves an agent running for its home folder; the lab leaves nothing running. */
export async function stopAgent(home: string): Promise<void> {
  await runBuildCommand(['gpgconf', '--homedir', home, '--kill', 'all']);
}

/** Errors: `lab-program-missing` (gpg), `lab-build-failed`. */
export async function ensureSigningKey(options: SigningKeyOptions): Promise<SigningKey> {
  const directory = join(options.cacheDir, 'signing-key');
  await buildOnce({
    ...options,
    directory,
    build: async (scratch) => {
      const home = join(scratch, 'gnupg');
      await mkdir(home, { mode: 0o700 });
      await runBuildCommand(makeKeyCommand(home), { signal: options.signal });
      await stopAgent(home);
      await writeFile(join(scratch, 'key.asc'), await runBuildCommand(gpg(home, '--armor', '--export')));
    },
  });
  return { gnupgHome: join(directory, 'gnupg'), publicKey: await readFile(join(directory, 'key.asc'), 'utf8') };
}
