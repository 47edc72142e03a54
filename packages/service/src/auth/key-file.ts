// The keys that callers may use, from a file that holds hashes alone and is read again when it changes.
import { hash, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import type { KeyWords } from './credential.ts';
import type { Rate } from './rate.ts';
import { isScope, type Scope } from './scopes.ts';
import { WatchedFile } from './watched-file.ts';

const keysFormat = 'understudy-keys-1';

export interface Key {
  readonly id: string;
  /** SHA-256 of the secret part. A secret of 32 random bytes needs no slow hash. */
  readonly sha256: Buffer;
  readonly scopes: ReadonlySet<Scope>;
  /** Undefined: no limit. */
  readonly rate: Rate | undefined;
}

/** Compared with when there is no such id, so that the answer takes as long. */
const nobody = Buffer.alloc(32);

export class KeyFile {
  readonly #file: WatchedFile<ReadonlyMap<string, Key>>;

  /** Throws when the file cannot be read or is not one of keys: a service does not start without them. */
  constructor(path: string, logger: Pick<Logger, 'info' | 'error'>) {
    const count = (keys: ReadonlyMap<string, Key>): number => keys.size;
    this.#file = new WatchedFile({ path, variable: 'AUTH_KEYS_FILE', what: 'keys', parse: parseKeys, count, logger });
  }

  /** SHA-256 of the file whose keys are in force, hexadecimal. */
  get version(): string {
    return this.#file.version;
  }

  /** The key whose id and secret these are; undefined when there is none. */
  find({ id, secret }: KeyWords): Key | undefined {
    const key = this.#file.content.get(id);
    const matches = timingSafeEqual(hash('sha256', secret, 'buffer'), key?.sha256 ?? nobody);
    return matches ? key : undefined;
  }
}

/** Throws a sentence that names the entry at fault and never its content. */
export function parseKeys(text: string): ReadonlyMap<string, Key> {
  const { format, keys } = objectOf(parsed(text), 'the file');
  if (format !== keysFormat) throw new Error(`format must be ${keysFormat}`);
  if (!Array.isArray(keys)) throw new Error('keys must be a list');
  return new Map(
    keys.map((entry: unknown, at) => {
      const key = readKey(objectOf(entry, `keys[${at}]`), `keys[${at}]`);
      return [key.id, key];
    }),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    throw new Error('it is not JSON');
  }
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${what} must be an object`);
}

function readKey({ id, sha256, scopes, requestsPerSecond, burst }: Record<string, unknown>, at: string): Key {
  if (typeof id !== 'string' || !/^[a-z][a-z0-9-]{0,31}$/.test(id)) throw new Error(`${at}.id is no id`);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    throw new Error(`${at}.sha256 must be 64 hexadecimal digits`);
  const list: readonly unknown[] = Array.isArray(scopes) ? scopes : [];
  const known = list.filter((word) => typeof word === 'string').filter(isScope);
  if (known.length === 0 || known.length !== list.length) throw new Error(`${at}.scopes has none, or unknown ones`);
  return { id, sha256: Buffer.from(sha256, 'hex'), scopes: new Set(known), rate: rateOf(requestsPerSecond, burst, at) };
}

function rateOf(requestsPerSecond: unknown, burst: unknown, at: string): Rate | undefined {
  if (requestsPerSecond === undefined && burst === undefined) return undefined;
  const most = burst ?? requestsPerSecond;
  if (typeof requestsPerSecond !== 'number' || !(requestsPerSecond > 0))
    throw new Error(`${at}.requestsPerSecond must be a number above 0`);
  if (typeof most !== 'number' || !(most >= 1)) return { requestsPerSecond, burst: 1 };
  return { requestsPerSecond, burst: most };
}
