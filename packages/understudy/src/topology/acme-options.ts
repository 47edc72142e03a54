// How a listener's certificate is ordered.
import type { AcmeOptions, Listener } from './model.ts';

/** Undefined when it is not ordered by ACME. */
export function acmeOf({ certificate }: Listener): AcmeOptions | undefined {
  return typeof certificate === 'object' && 'acme' in certificate ? certificate.acme : undefined;
}
