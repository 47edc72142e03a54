// Verifies tokens of an identity provider by its published keys. Asymmetric algorithms alone; the keys that were fetched stay in use
// while the provider's host is away, and are fetched again in the background.
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Logger } from 'pino';
import { cannotVerify, unauthenticated, type Reason } from './refusal.ts';
import { isScope, type Scope } from './scopes.ts';

/** With a key of these, who can verify cannot sign; HMAC and `none` are not among them. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const fetchWithinMs = 3000;
const refreshEveryMs = 5 * 60_000;
/** Between two fetches because of a key id that is not known: its sender must not make this service a load for the provider. */
const cooldownMs = 30_000;
/** Clocks of this machine and the provider's may differ by so much. */
const clockToleranceS = 5;

export interface JwtSettings {
  readonly jwks: string;
  readonly issuer: string;
  readonly audience: string;
}

export interface TokenCaller {
  /** `sub` of the token as far as it may be logged. */
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
}

export class JwtVerifier {
  readonly #settings: JwtSettings;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;

  constructor(settings: JwtSettings, logger: Pick<Logger, 'warn'>) {
    this.#settings = settings;
    this.#keys = createRemoteJWKSet(new URL(settings.jwks), {
      timeoutDuration: fetchWithinMs,
      cooldownDuration: cooldownMs,
      // Known keys are not forgotten because their host is away; the timer below takes up changes.
      cacheMaxAge: Infinity,
    });
    const refresh = () =>
      this.#keys.reload().catch((error: unknown) => {
        logger.warn({ err: error }, 'the keys of AUTH_JWKS_URL cannot be fetched; the known ones stay in use');
      });
    setInterval(() => void refresh(), refreshEveryMs).unref();
    // Before the first caller needs them.
    void refresh();
  }

  /** Throws the refusal. */
  async verify(token: string): Promise<TokenCaller> {
    const { issuer, audience } = this.#settings;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        ...{ algorithms, issuer, audience, clockTolerance: clockToleranceS, requiredClaims: ['exp'] },
      });
      return { subject: subjectOf(payload), scopes: scopesOf(payload) };
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

function refusalOf(error: unknown): Error {
  if (error instanceof errors.JWTExpired) return unauthenticated('expired');
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return unauthenticated('algorithm');
  if (error instanceof errors.JWTClaimValidationFailed)
    return unauthenticated(claimReasons[error.claim] ?? 'signature');
  const isOutage =
    !(error instanceof errors.JOSEError) ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    // An answer of the host that is not 200.
    error.code === 'ERR_JOSE_GENERIC';
  return isOutage ? cannotVerify(error) : unauthenticated('signature');
}

const claimReasons: Readonly<Record<string, Reason>> = {
  iss: 'issuer',
  aud: 'audience',
  nbf: 'not-yet-valid',
};

/** RFC 8693, 4.2: words separated by spaces. Words of other services are left out. */
function scopesOf({ scope }: JWTPayload): ReadonlySet<Scope> {
  return new Set(typeof scope === 'string' ? scope.split(' ').filter(isScope) : []);
}

function subjectOf({ sub = '' }: JWTPayload): string {
  return /^[\w.@|:+-]{1,128}$/.test(sub) ? sub : 'unnamed';
}
