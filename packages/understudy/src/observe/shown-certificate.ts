// The certificate that a TLS port presents: the only way to read its expiry, since the API does not return it.
import { connect } from 'node:tls';
import { seen, unknown, type Seen } from '@understudy/foundation';
import type { ShownCertificate } from './observation.ts';

const unseenCode = 'status-certificate-unseen';

/** Reads and trusts nothing else: the connection is closed as soon as the certificate is seen. Unknown when there is none. */
export function shownCertificate(address: string, port: number, timeoutMs = 3000): Promise<Seen<ShownCertificate>> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, rejectUnauthorized: false, timeout: timeoutMs });
    const end = (shown: Seen<ShownCertificate>): void => {
      socket.destroy();
      resolve(shown);
    };
    const fail = (reason: string): void => end(unknown(`${address}:${port} ${reason}`, unseenCode));
    socket.once('secureConnect', () => {
      const { valid_to: validTo } = socket.getPeerCertificate();
      if (validTo) end(seen({ notAfter: new Date(validTo).toISOString() }));
      else fail('presented no certificate');
    });
    socket.once('timeout', () => fail(`presented no certificate within ${timeoutMs} ms`));
    socket.once('error', (error: Error) => fail(`presented no certificate: ${error.message}`));
  });
}
