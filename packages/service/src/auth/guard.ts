// Decides who a caller is and whether it may do what it asks, before anything of the body is read.
import type { BlockList } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Problem } from '../problem.ts';
import { credentialOf, keyWords } from './credential.ts';
import { isForwarded, isFrom, networksOf } from './inside.ts';
import { JwtVerifier } from './jwt.ts';
import { KeyFile } from './key-file.ts';
import { PeerSecrets } from './peer-secrets.ts';
import { peerHeader, verify } from './peer-signature.ts';
import { RateLimiter, type Rate } from './rate.ts';
import { forbidden, tooMany, unauthenticated } from './refusal.ts';
import { neededFor, type Scope } from './scopes.ts';
import type { AuthConfiguration } from './settings.ts';

export interface Caller {
  /** The id of its key, `jwt:` and the subject of its token, or `inside`, `balancer` and `public`: never a secret. */
  readonly id: string;
  readonly how: 'key' | 'token' | 'peer' | 'inside' | 'public';
  readonly scopes: ReadonlySet<Scope>;
  readonly rate?: Rate | undefined;
  /** Of a request that a peer passed on: what its body must have, see `digestOf`. */
  readonly digest?: string;
}

export interface GuardOptions {
  readonly auth: AuthConfiguration;
  /** Processes that share the rates of this machine. */
  readonly workers: number;
  /** Whether /metrics is for everybody. */
  readonly metrics: 'direct' | 'public';
  readonly logger: Logger;
}

/** Kept on the request itself: a map beside it costs more than the rest of the check. */
const callerKey = Symbol('caller');
type Known = FastifyRequest & { [callerKey]?: Caller };

const nothing: ReadonlySet<Scope> = new Set();
const everybody: Caller = { id: 'public', how: 'public', scopes: nothing };
const unknown: Caller = { id: 'unknown', how: 'public', scopes: nothing };
const inside: Caller = { id: 'inside', how: 'inside', scopes: new Set(['monitor']) };
const balancer: Caller = { id: 'balancer', how: 'inside', scopes: nothing };

export class Guard {
  readonly #options: GuardOptions;
  readonly #keys: KeyFile | undefined;
  readonly #tokens: JwtVerifier | undefined;
  readonly #peers: PeerSecrets;
  readonly #rates: RateLimiter;
  readonly #inside: BlockList;
  readonly #balancer: BlockList;

  /** Throws when the file of keys or the one of peers' secrets cannot be read. */
  constructor(options: GuardOptions) {
    const { auth, logger, workers } = options;
    this.#options = options;
    this.#keys = auth.keysFile === undefined ? undefined : new KeyFile(auth.keysFile, logger);
    this.#tokens = auth.jwt === undefined ? undefined : new JwtVerifier(auth.jwt, logger);
    this.#peers = new PeerSecrets(auth, logger);
    this.#rates = new RateLimiter(workers);
    this.#inside = networksOf(auth.inside);
    this.#balancer = networksOf(auth.balancer);
  }

  /** `unknown` before `check`, and for what it has refused. */
  callerOf(request: FastifyRequest): Caller {
    return (request as Known)[callerKey] ?? (this.#options.auth.mode === 'public' ? everybody : unknown);
  }

  /** SHA-256 of the file of keys in force; undefined when there is none. */
  get keysVersion(): string | undefined {
    return this.#keys?.version;
  }

  /** SHA-256 of the file of peers' secrets in force; undefined when there is none. */
  get peersVersion(): string | undefined {
    return this.#peers.version;
  }

  /** With which this machine proves itself to others; undefined: it does not. */
  get peerSecret(): string | undefined {
    return this.#peers.signing;
  }

  /** Undefined when the request may go on, else its refusal; a promise only for a token. */
  check(request: FastifyRequest): Problem | undefined | Promise<Problem | undefined> {
    const { auth, metrics } = this.#options;
    const route = request.routeOptions.url ?? '';
    const needed = neededFor(request.method, route);
    if (needed === 'open' || auth.mode === 'public') return undefined;
    if (route === '/metrics' && metrics === 'public') return undefined;
    try {
      const caller = this.#peer(request) ?? this.#insider(request, needed) ?? this.#keyHolder(request);
      if (caller instanceof Promise) return caller.then((known) => this.#allow(request, known, needed), problemOf);
      return this.#allow(request, caller, needed);
    } catch (error) {
      return problemOf(error);
    }
  }

  #allow(request: FastifyRequest, caller: Caller, needed: Scope | 'any' | undefined): Problem | undefined {
    (request as Known)[callerKey] = caller;
    // A route without an entry is for nobody; the application refuses to add one.
    if (needed === undefined) return unauthenticated('missing');
    const isAllowed = needed === 'any' || caller === balancer || caller.how === 'peer' || caller.scopes.has(needed);
    if (!isAllowed) return forbidden(needed);
    const waitS = caller.rate === undefined ? 0 : this.#rates.take(caller.id, caller.rate, performance.now());
    return waitS === 0 ? undefined : tooMany(waitS);
  }

  /** A request that another service machine passed on: that machine has checked its caller, and proves itself. */
  #peer({ raw, method }: FastifyRequest): Caller | undefined {
    const header = raw.headers[peerHeader];
    if (header === undefined) return undefined;
    const request = { method, path: raw.url ?? '' };
    const said = typeof header === 'string' ? verify(this.#peers.all, header, request, Date.now()) : undefined;
    if (said === undefined) throw unauthenticated('peer');
    return { id: said.caller, how: 'peer', scopes: nothing, digest: said.digest };
  }

  /** Who asks from inside needs no credential for what shows the state of the service, and nothing else. */
  #insider({ raw, routeOptions }: FastifyRequest, needed: Scope | 'any' | undefined): Caller | undefined {
    if (needed !== 'monitor' || raw.headers.authorization !== undefined || isForwarded(raw)) return undefined;
    // The balancer's own checks come without the header that it adds to the requests of users.
    if (isFrom(this.#balancer, raw)) return routeOptions.url === '/readyz' ? balancer : undefined;
    return isFrom(this.#inside, raw) ? inside : undefined;
  }

  #keyHolder({ raw }: FastifyRequest): Caller | Promise<Caller> {
    const credential = credentialOf(raw);
    const words = keyWords(credential);
    if (words !== undefined && this.#keys !== undefined) {
      const key = this.#keys.find(words);
      if (key === undefined) throw unauthenticated('unknown-key');
      return { id: key.id, how: 'key', scopes: key.scopes, rate: key.rate };
    }
    if (this.#tokens === undefined || !credential.includes('.')) throw unauthenticated('unknown-key');
    return this.#tokens
      .verify(credential)
      .then(({ subject, scopes }): Caller => ({ id: `jwt:${subject}`, how: 'token', scopes }));
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}
