// The answers to a caller that is not known, or may not do what it asks: problem+json (RFC 9457) with a stable reason. No text repeats
// anything of the credential.
import { Problem } from '../problem.ts';
import type { Scope } from './scopes.ts';

/** Why a caller is not known. */
export type Reason =
  | 'missing'
  | 'malformed'
  | 'repeated'
  | 'too-long'
  | 'in-query'
  | 'unknown-key'
  | 'peer'
  | 'algorithm'
  | 'expired'
  | 'not-yet-valid'
  | 'issuer'
  | 'audience'
  | 'signature';

const texts: Readonly<Record<Reason, string>> = {
  missing: 'This path needs a credential: send Authorization: Bearer KEY.',
  malformed: 'The Authorization header is not Bearer and a key or token.',
  repeated: 'The request has more than one Authorization header; send one.',
  'too-long': 'The credential is longer than 8192 characters.',
  'in-query':
    'A credential in the URL ends up in logs: send Authorization: Bearer KEY. Have this key revoked if it was sent by mistake.',
  'unknown-key': 'The credential is wrong, or was revoked.',
  peer: 'The request says that another service machine passed it on, and its signature is not valid.',
  algorithm: 'The token is not signed with an asymmetric algorithm that is allowed here.',
  expired: 'The token has expired.',
  'not-yet-valid': 'The token is not valid yet.',
  issuer: 'The token is of another issuer.',
  audience: 'The token is for another audience.',
  signature: 'The token is not one that its issuer signed, or lacks exp, iss or aud.',
};

const challenge = 'Bearer realm="understudy"';
/** RFC 6750, 3.1: a request without any credential is told the scheme alone. */
const bare: Readonly<Record<string, true>> = { missing: true };

export function unauthenticated(reason: Reason): Problem {
  return new Problem({
    status: 401,
    code: 'unauthenticated',
    title: 'Not authenticated',
    text: texts[reason],
    more: { reason },
    headers: { 'www-authenticate': reason in bare ? challenge : `${challenge}, error="invalid_token"` },
  });
}

export function forbidden(scope: Scope): Problem {
  return new Problem({
    status: 403,
    code: 'forbidden',
    title: 'Scope missing',
    text: `This credential lacks the scope ${scope}.`,
    more: { reason: 'scope', scope },
    headers: { 'www-authenticate': `Bearer realm="understudy", error="insufficient_scope", scope="${scope}"` },
  });
}

/** `waitS`: when the next request of this key is taken. */
export function tooMany(waitS: number): Problem {
  return new Problem({
    status: 429,
    code: 'rate-limited',
    title: 'Too many requests',
    text: 'This key has used up its rate; nothing was done.',
    more: { reason: 'rate' },
    retryAfterS: Math.max(1, Math.ceil(waitS)),
  });
}

/** The host of the signing keys does not answer, so this token can be neither accepted nor refused. 429, as for the engine. */
export function cannotVerify(cause: unknown): Problem {
  const text =
    'The signing keys of the issuer cannot be fetched now, so the token cannot be verified; nothing was done.';
  return new Problem(
    { status: 429, code: 'login-unavailable', title: 'Token cannot be verified', text, retryAfterS: 5 },
    cause,
  );
}
