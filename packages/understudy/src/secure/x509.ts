// The one import of the X.509 library, with what must be loaded before it, and reading of certificates in PEM.
import { X509Certificate as NodeCertificate } from 'node:crypto';
// @peculiar/x509 resolves its parts through a container that needs this polyfill first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

export { x509 };

/** ECDSA on P-256: what Java, OpenSSL, Python and Node all take, and fast on small machines. */
export const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export const dayMs = 86_400_000;
/** A machine whose clock is a little behind must accept a certificate that was just made. */
export const backdatedMs = 24 * 3_600_000;

/** SHA-256 of the certificate, hex in lower case, without colons. */
export function fingerprintOf(certificate: NodeCertificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Undefined when the text is not one certificate in PEM. */
export function readPem(pem: string): NodeCertificate | undefined {
  try {
    return new NodeCertificate(pem);
  } catch {
    return undefined;
  }
}

/** Every certificate of a bundle, in its order. Text around them is passed over. */
export function readBundle(pem: string): NodeCertificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => readPem(block) ?? []);
}
