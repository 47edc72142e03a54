// What somebody without the right credential tries, as data: the same table for both implementations. Each entry is one request and what
// must come back; a description names the entry.
import type { Issuer } from './issuer.ts';
import { bearer, type TestKey } from './keys.ts';

export interface AttackKeys {
  readonly reader: TestKey;
  readonly writer: TestKey;
  readonly admin: TestKey;
  readonly monitor: TestKey;
  readonly revoked: TestKey;
}

export interface Attack {
  readonly name: string;
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'HEAD';
  readonly path: string;
  /** Header lines, a name more than once where that is the attack. */
  readonly headers: readonly (readonly [string, string])[];
  readonly status: number;
  /** Of the problem; undefined: the answer comes from the HTTP server below the service. */
  readonly reason?: string;
}

const auth = (credential: string) => ['Authorization', `Bearer ${credential}`] as const;

/** Not a scope; a caller who came by the balancer. */
export const forwarded = ['X-Forwarded-For', '203.0.113.9'] as const;

export function keyAttacks({ reader, writer, admin, monitor, revoked }: AttackKeys): Attack[] {
  const wrongSecret = bearer({ id: reader.id, secret: writer.secret });
  const path = '/search?q=fox';
  const attacks: Attack[] = [
    { name: 'no credential', path, headers: [], status: 401, reason: 'missing' },
    { name: 'the secret of another key', path, headers: [auth(wrongSecret)], status: 401, reason: 'unknown-key' },
    {
      name: 'a key that does not exist',
      path,
      headers: [auth(bearer({ id: 'nobody', secret: reader.secret }))],
      ...{ status: 401, reason: 'unknown-key' },
    },
    { name: 'a revoked key', path, headers: [auth(bearer(revoked))], status: 401, reason: 'unknown-key' },
    { name: 'the id alone', path, headers: [auth(`us_${reader.id}_`)], status: 401, reason: 'unknown-key' },
    { name: 'Basic', path, headers: [['Authorization', 'Basic YTpi']], status: 401, reason: 'malformed' },
    { name: 'an empty header', path, headers: [['Authorization', 'Bearer ']], status: 401, reason: 'malformed' },
    {
      name: 'two keys in one header',
      path,
      headers: [['Authorization', `Bearer ${bearer(reader)}, Bearer ${bearer(reader)}`]],
      ...{ status: 401, reason: 'malformed' },
    },
    {
      name: 'a key in the query string',
      path: `${path}&api_key=${bearer(reader)}`,
      headers: [],
      ...{ status: 401, reason: 'in-query' },
    },
    {
      name: 'a token in the query string beside a valid header',
      path: `${path}&access_token=x`,
      headers: [auth(bearer(reader))],
      ...{ status: 401, reason: 'in-query' },
    },
    {
      name: 'a key as the search word',
      path: `/search?q=${bearer(reader)}`,
      headers: [auth(bearer(reader))],
      ...{ status: 401, reason: 'in-query' },
    },
    {
      name: 'a peer without the secret',
      path,
      headers: [['X-Understudy-Peer', `v1 ${Date.now()} - ann ${'0'.repeat(64)}`]],
      ...{ status: 401, reason: 'peer' },
    },
    {
      name: 'a user who says that a peer passed it on',
      path,
      headers: [['Via', '1.1 understudy-service']],
      status: 401,
    },
    { name: 'HEAD without a credential', method: 'HEAD', path, headers: [], status: 401 },
    {
      name: 'two headers',
      path: '/search?q=fox',
      headers: [auth(bearer(reader)), auth(bearer(writer))],
      status: 401,
    },
    { name: 'reading with write', path, headers: [auth(bearer(writer))], status: 403, reason: 'scope' },
    { name: 'reading with admin', path, headers: [auth(bearer(admin))], status: 403, reason: 'scope' },
    {
      name: 'writing with read',
      method: 'POST',
      path: '/index',
      headers: [auth(bearer(reader))],
      status: 403,
      reason: 'scope',
    },
    { name: 'writing without', method: 'POST', path: '/index', headers: [], status: 401, reason: 'missing' },
    { name: 'readiness through the balancer', path: '/readyz', headers: [forwarded], status: 401, reason: 'missing' },
    {
      name: 'readiness with a forged header of another kind',
      path: '/readyz',
      headers: [['Forwarded', 'for=127.0.0.1']],
      ...{ status: 401, reason: 'missing' },
    },
    {
      name: 'readiness with read',
      path: '/readyz',
      headers: [auth(bearer(reader)), forwarded],
      ...{ status: 403, reason: 'scope' },
    },
    { name: 'documents with monitor', path, headers: [auth(bearer(monitor))], status: 403, reason: 'scope' },
    { name: 'documents from inside', path, headers: [['X-Real-IP', '127.0.0.1']], status: 401, reason: 'missing' },
  ];
  return attacks;
}

/** Routes of the TypeScript service alone. */
export function moreRouteAttacks({ reader, writer }: AttackKeys): Attack[] {
  const ofWriter = [auth(bearer(writer)), ['Content-Type', 'application/x-ndjson']] as const;
  return [
    { name: 'bulk with write', method: 'POST', path: '/bulk', headers: ofWriter, status: 403, reason: 'scope' },
    { name: 'bulk without', method: 'POST', path: '/bulk', headers: [], status: 401, reason: 'missing' },
    {
      name: 'a deletion with write',
      method: 'DELETE',
      path: '/documents/a',
      headers: [auth(bearer(writer))],
      status: 403,
    },
    { name: 'a deletion without', method: 'DELETE', path: '/documents/a', headers: [], status: 401, reason: 'missing' },
    { name: 'a document with write', path: '/documents/a', headers: [auth(bearer(writer))], status: 403 },
    { name: 'a document without', path: '/documents/a', headers: [], status: 401, reason: 'missing' },
    {
      name: 'an encoded path without',
      path: '/documents/%2e%2e%2fmetrics',
      headers: [],
      status: 401,
      reason: 'missing',
    },
    { name: 'metrics through the balancer', path: '/metrics', headers: [forwarded], status: 401, reason: 'missing' },
    { name: 'metrics with read', path: '/metrics', headers: [auth(bearer(reader))], status: 403, reason: 'scope' },
    { name: 'the API page through the balancer', path: '/docs', headers: [forwarded], status: 401, reason: 'missing' },
    {
      name: 'OpenAPI through the balancer',
      path: '/openapi.json',
      headers: [forwarded],
      status: 401,
      reason: 'missing',
    },
    { name: 'a path that only looks like one of ours', path: '//search?q=fox', headers: [], status: 404 },
    {
      name: 'a header of 9,000 characters',
      path: '/search?q=fox',
      headers: [auth('a'.repeat(9000))],
      ...{ status: 401, reason: 'too-long' },
    },
  ];
}

/** Of tokens; each differs from one that is accepted by what its name says. */
export function tokenAttacks(issuer: Issuer): Attack[] {
  const nowS = Math.floor(Date.now() / 1000);
  const attack = (name: string, token: string, reason: string, status = 401): Attack => ({
    ...{ name, path: '/search?q=fox', headers: [auth(token)], status, reason },
  });
  return [
    attack('an expired token', issuer.token({ exp: nowS - 60 }), 'expired'),
    attack('a token without an end', issuer.token({ exp: undefined }), 'signature'),
    attack('a token that is not valid yet', issuer.token({ nbf: nowS + 600 }), 'not-yet-valid'),
    attack('a token of another issuer', issuer.token({ iss: 'https://evil.example.org/' }), 'issuer'),
    attack('a token for another audience', issuer.token({ aud: 'mail' }), 'audience'),
    attack('a token without audience', issuer.token({ aud: undefined }), 'audience'),
    attack('a token without issuer', issuer.token({ iss: undefined }), 'issuer'),
    attack('alg none', issuer.unsigned(), 'algorithm'),
    attack('alg nOnE', issuer.unsigned('nOnE'), 'algorithm'),
    attack('HMAC with the public key', issuer.hmacWithPublicKey(), 'algorithm'),
    attack('another key under the same name', issuer.forged(), 'signature'),
    attack('a key id that was never published', issuer.token({}, { kid: '../../etc/passwd' }), 'signature'),
    attack(
      'a token with a key of its own in it',
      issuer.token({}, { jwk: { kty: 'oct', k: 'AAAA' }, kid: 'x' }),
      'signature',
    ),
    attack('a token whose claims were changed', tampered(issuer.token()), 'signature'),
    attack('no token at all', 'a.b.c', 'signature'),
    attack('a token without the scope', issuer.token({ scope: 'write' }), 'scope', 403),
    attack('a token with a scope of another service', issuer.token({ scope: 'readers' }), 'scope', 403),
  ];
}

function tampered(token: string): string {
  const [header, , signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
  return [
    header,
    Buffer.from(JSON.stringify({ ...claims, scope: 'read admin' })).toString('base64url'),
    signature,
  ].join('.');
}
