// A key of a caller of the service: how it is made, and what is kept of it: never the secret, only its hash.
import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '@understudy/foundation';
import { z } from 'zod';

export const keyScopes = ['read', 'write', 'admin', 'monitor'] as const;
export type KeyScope = (typeof keyScopes)[number];

/** Of the key that the tool itself calls with: the first, and the one that takes turns with it when it is exchanged. */
export const toolKeyIds = ['understudy-tool', 'understudy-tool-2'] as const;
export type ToolKeyId = (typeof toolKeyIds)[number];

export function isToolKey(id: string): id is ToolKeyId {
  return (toolKeyIds as readonly string[]).includes(id);
}

/** Of 32 random bytes in base64url. */
const secretCharacters = 43;

/** Names that are the tool's own begin so. */
const reserved = 'understudy-';
const namePattern = /^[a-z][a-z0-9-]{0,31}$/;

export function isFreeName(name: string): boolean {
  return namePattern.test(name) && !name.startsWith(reserved);
}

export const keyRecord = z.strictObject({
  id: z.string().regex(namePattern),
  /** Of the secret part, hexadecimal. 32 random bytes need no slow hash. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(keyScopes)).min(1),
  /** On each service machine. */
  requestsPerSecond: z.number().positive().optional(),
  burst: z.number().min(1).optional(),
  /** RFC 3339, UTC. */
  createdAt: z.iso.datetime(),
});

export type KeyRecord = z.infer<typeof keyRecord>;

/** Of the secret part, as records have it. */
export function hashOf(bearer: Secret): string {
  return createHash('sha256').update(bearer.reveal().slice(-secretCharacters)).digest('hex');
}

export interface NewKey {
  readonly record: KeyRecord;
  /** `us_ID_SECRET`, what its holder sends. */
  readonly bearer: Secret;
}

export interface KeyRequest {
  readonly id: string;
  readonly scopes: readonly KeyScope[];
  readonly requestsPerSecond?: number | undefined;
  readonly burst?: number | undefined;
}

export function makeKey({ id, scopes, requestsPerSecond, burst }: KeyRequest, nowMs: number): NewKey {
  const bearer = new Secret(`us_${id}_${randomBytes(32).toString('base64url')}`);
  const record = {
    id,
    sha256: hashOf(bearer),
    scopes: keyScopes.filter((scope) => scopes.includes(scope)),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond, burst: burst ?? Math.max(1, requestsPerSecond) }),
    createdAt: new Date(nowMs).toISOString(),
  };
  return { record, bearer };
}
