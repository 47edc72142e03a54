// What the service is told about its callers.
import type { JwtSettings } from './jwt.ts';

/** Who may call. */
export interface AuthConfiguration {
  /** `public`: everybody. `keys`: holders of a key in `keysFile`. `jwks`: the same, and holders of a token. */
  readonly mode: 'public' | 'keys' | 'jwks';
  /** Absolute path. */
  readonly keysFile: string | undefined;
  readonly jwt: JwtSettings | undefined;
  /** Networks whose members see metrics, readiness and the API's description without a credential. */
  readonly inside: readonly string[];
  /** Networks of the balancer's own checks, which see readiness. */
  readonly balancer: readonly string[];
  /** With which service machines know each other; the first signs. */
  readonly peerSecrets: readonly string[];
  /** Absolute path of a file that has them instead. */
  readonly peerSecretFile: string | undefined;
}
