// The signature with which service machines know each other: HMAC-SHA-256 over method, path, time, body and caller, with a secret of
// the system. The first secret signs, and each of them is accepted, so that it can be exchanged on one machine after the other.
import { createHmac, hash, timingSafeEqual } from 'node:crypto';

export const peerHeader = 'x-understudy-peer';

/** Clocks of two machines may differ by so much; a copy of a request is accepted for as long. */
const validMs = 60_000;

export interface SignedRequest {
  readonly method: string;
  /** With its query, as it is sent. */
  readonly path: string;
  /** Who sent it to the machine that passes it on. */
  readonly caller: string;
  /** SHA-256 of the body in hexadecimal, `-` without one. */
  readonly digest: string;
}

export function digestOf(body: string | Uint8Array | undefined): string {
  return body === undefined || body.length === 0 ? '-' : hash('sha256', body, 'hex');
}

/** The value of the header. */
export function sign(secret: string, request: SignedRequest, nowMs: number): string {
  return ['v1', nowMs, request.digest, request.caller, macOf(secret, request, nowMs)].join(' ');
}

/** What the header says about a request, once its signature is proved; undefined when it is not. */
export function verify(
  secrets: readonly string[],
  header: string,
  { method, path }: Pick<SignedRequest, 'method' | 'path'>,
  nowMs: number,
): Pick<SignedRequest, 'caller' | 'digest'> | undefined {
  const [, time = '', digest = '', caller = '', mac = ''] =
    /^v1 (\d{1,16}) (-|[0-9a-f]{64}) ([\w.@|:+-]{1,160}) ([0-9a-f]{64})$/.exec(header) ?? [];
  const atMs = Number(time);
  if (mac === '' || Math.abs(nowMs - atMs) > validMs) return undefined;
  const given = Buffer.from(mac, 'hex');
  const isValid = secrets.some((secret) =>
    timingSafeEqual(Buffer.from(macOf(secret, { method, path, caller, digest }, atMs), 'hex'), given),
  );
  return isValid ? { caller, digest } : undefined;
}

function macOf(secret: string, { method, path, caller, digest }: SignedRequest, atMs: number): string {
  return createHmac('sha256', secret).update(['v1', method, path, atMs, digest, caller].join('\n')).digest('hex');
}
