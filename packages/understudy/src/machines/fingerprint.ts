// How a public key is named to a reader.
import { createHash } from 'node:crypto';

/** Of the key's blob, as `ssh-keygen -l` and a machine's console show it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
