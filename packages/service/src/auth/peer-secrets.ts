// The secrets with which service machines know each other: given once, or in a file that is read again when it changes, so that they can be
// exchanged while the service runs.
import type { Logger } from 'pino';
import type { AuthConfiguration } from './settings.ts';
import { WatchedFile } from './watched-file.ts';

/** What 24 random bytes have in base64. */
export const leastSecretCharacters = 32;

export class PeerSecrets {
  readonly #given: readonly string[];
  readonly #file: WatchedFile<readonly string[]> | undefined;

  /** Throws when there is a file and it cannot be read. */
  constructor(
    { peerSecrets, peerSecretFile }: Pick<AuthConfiguration, 'peerSecrets' | 'peerSecretFile'>,
    logger: Pick<Logger, 'info' | 'error'>,
  ) {
    this.#given = peerSecrets;
    if (peerSecretFile === undefined) return;
    this.#file = new WatchedFile({
      ...{ path: peerSecretFile, variable: 'PEER_SECRET_FILE', what: 'secrets', logger },
      ...{ parse: parseSecrets, count: (secrets) => secrets.length },
    });
  }

  /** Each of them is accepted. */
  get all(): readonly string[] {
    return this.#file?.content ?? this.#given;
  }

  /** Undefined: this machine does not prove itself. */
  get signing(): string | undefined {
    return this.all[0];
  }

  /** SHA-256 of the file in force; undefined when there is none. */
  get version(): string | undefined {
    return this.#file?.version;
  }
}

/** One a line. Throws a sentence that names the line at fault and never its content. */
function parseSecrets(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim());
  const short = lines.findIndex((line) => line !== '' && line.length < leastSecretCharacters);
  if (short !== -1) throw new Error(`line ${short + 1} has fewer than ${leastSecretCharacters} characters`);
  const secrets = lines.filter((line) => line !== '');
  if (secrets.length === 0) throw new Error('it has no secret');
  return secrets;
}
