// A certificate for a key that a test made itself.
import { webcrypto, createPrivateKey, createPublicKey } from 'node:crypto';
import { signCertificate, type Authority } from '../../src/secure/authority.ts';
import type { CertificateSubject } from '../../src/secure/index.ts';
import { algorithm, x509 } from '../../src/secure/x509.ts';

export async function certificateFor(
  authority: Authority,
  keyPem: string,
  subject: CertificateSubject,
): Promise<string> {
  const der = createPublicKey(createPrivateKey(keyPem)).export({ type: 'spki', format: 'der' });
  const publicKey = await webcrypto.subtle.importKey('spki', der, algorithm, true, ['verify']);
  const request = { ...subject, publicKey: await x509.PublicKey.create(publicKey) };
  return await signCertificate(authority, request, { nowMs: Date.now() });
}
