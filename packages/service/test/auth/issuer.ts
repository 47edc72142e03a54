// An identity provider for tests: real keys, real signatures, a JWKS on a real port that can be taken away.
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Claims = Readonly<Record<string, unknown>>;

export class Issuer {
  readonly issuer = 'https://login.example.org/';
  readonly audience = 'search';
  readonly #key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  #server: Server | undefined;
  asked = 0;
  url = '';

  async start(): Promise<void> {
    const keys = [
      { ...this.#key.publicKey.export({ format: 'jwk' }), kid: 'ec', use: 'sig', alg: 'ES256' },
      { ...this.#rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', use: 'sig' },
    ];
    const server = createServer((_, response) => {
      this.asked += 1;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  claims(changes: Claims = {}): Claims {
    const nowS = Math.floor(Date.now() / 1000);
    const usual: Claims = {
      iss: this.issuer,
      aud: this.audience,
      sub: 'ann',
      scope: 'read write',
      iat: nowS,
      exp: nowS + 300,
    };
    const all: Claims = { ...usual, ...changes };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }

  /** Valid but for the changes. */
  token(changes: Claims = {}, header: Claims = {}): string {
    return signed({ alg: 'ES256', kid: 'ec', typ: 'JWT', ...header }, this.claims(changes), this.#key.privateKey);
  }

  rsaToken(changes: Claims = {}): string {
    const input = inputOf({ alg: 'RS256', kid: 'rsa' }, this.claims(changes));
    return `${input}.${sign('sha256', Buffer.from(input), this.#rsa.privateKey).toString('base64url')}`;
  }

  /** By a key that this provider never published, under a name that it did. */
  forged(): string {
    return signed({ alg: 'ES256', kid: 'ec' }, this.claims(), this.#other.privateKey);
  }

  unsigned(alg = 'none'): string {
    return `${inputOf({ alg, kid: 'ec' }, this.claims())}.`;
  }

  /** The published key, taken as the secret of an HMAC. */
  hmacWithPublicKey(): string {
    const input = inputOf({ alg: 'HS256', kid: 'rsa' }, this.claims());
    const secret = this.#rsa.publicKey.export({ format: 'pem', type: 'spki' });
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  }
}

function inputOf(header: Claims, claims: Claims): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}

function signed(header: Claims, claims: Claims, key: KeyObject): string {
  const input = inputOf(header, claims);
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}
