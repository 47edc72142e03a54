// What a TLS port shows to whoever connects: the only way to learn when a certificate ends, since the API never gives it back.
import { connect } from 'node:tls';
import type { ShownCertificate } from './observation.ts';

/** Reads and trusts nothing else: the connection is closed as soon as the certificate is seen. */
export function shownCertificate(
  address: string,
  port: number,
  timeoutMs = 3000,
): Promise<ShownCertificate | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, rejectUnauthorized: false, timeout: timeoutMs });
    const end = (shown?: ShownCertificate): void => {
      socket.destroy();
      resolve(shown);
    };
    socket.once('secureConnect', () => {
      const { valid_to: validTo } = socket.getPeerCertificate();
      end(validTo ? { notAfter: new Date(validTo).toISOString() } : undefined);
    });
    socket.once('timeout', () => end());
    socket.once('error', () => end());
  });
}
