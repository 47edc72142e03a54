// How a listener's certificate is ordered.
import type { AcmeOptions, Listener, Topology } from './model.ts';

/** Undefined when it is not ordered by ACME. */
export function acmeOf({ certificate }: Listener): AcmeOptions | undefined {
  return typeof certificate === 'object' && 'acme' in certificate ? certificate.acme : undefined;
}

/** Whether the service is asked for files by a certificate authority. */
export function answersChallenges({ balancer: { listeners } }: Pick<Topology, 'balancer'>): boolean {
  return listeners.some((listener) => acmeOf(listener)?.challenge === 'http-01');
}
