// The one import of the X.509 library, with what must be loaded before it, and keys and certificates as PEM.
import { createPrivateKey, webcrypto, X509Certificate as NodeCertificate } from 'node:crypto';
// @peculiar/x509 resolves its parts through a container that needs this polyfill first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { Secret } from '@understudy/foundation';

export { x509 };

/** ECDSA on P-256: what Java, OpenSSL, Python and Node all take, and fast on small machines. */
export const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export const dayMs = 86_400_000;
/** A machine whose clock is a little behind must accept a certificate that was just made. */
export const backdatedMs = 24 * 3_600_000;

/** A private key as PKCS#8 in PEM; encrypted (AES-256) when there is a passphrase. */
export async function keyPemOf(key: webcrypto.CryptoKey, passphrase?: Secret): Promise<Secret> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const encryption =
    passphrase === undefined ? {} : ({ cipher: 'aes-256-cbc', passphrase: passphrase.reveal() } as const);
  const read = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return new Secret(read.export({ type: 'pkcs8', format: 'pem', ...encryption }) as string);
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
