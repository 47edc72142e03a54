// A file of keys as the tool writes it.
import { createHash, randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';

export interface TestKey {
  readonly id: string;
  readonly secret: string;
  readonly scopes: readonly string[];
  readonly requestsPerSecond?: number;
  readonly burst?: number;
}

export function testKey(id: string, scopes: readonly string[], rate: Partial<TestKey> = {}): TestKey {
  return { id, scopes, secret: randomBytes(32).toString('base64url'), ...rate };
}

/** What its holder sends. */
export function bearer({ id, secret }: Pick<TestKey, 'id' | 'secret'>): string {
  return `us_${id}_${secret}`;
}

/** Replaces the file by a rename, as on a machine. Returns its SHA-256. */
export function writeKeys(path: string, keys: readonly TestKey[]): string {
  const records = keys.map(({ secret, ...rest }) => ({ ...rest, sha256: sha256(secret) }));
  const text = JSON.stringify({ format: 'understudy-keys-1', keys: records });
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return sha256(text);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
