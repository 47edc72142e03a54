// A key and a certificate that exist in memory for one proof: whoever accepts them trusts the authority that signed them.
import { webcrypto } from 'node:crypto';
import type { Secret } from '@understudy/foundation';
import { signCertificate, type Authority, type SigningOptions } from './authority.ts';
import type { CertificateSubject } from './certificate-request.ts';
import { algorithm, keyPemOf, x509 } from './x509.ts';

export interface ProbeIdentity {
  readonly certificatePem: string;
  readonly keyPem: Secret;
}

const validMs = 3_600_000;

/** Errors: `secure-passphrase`. */
export async function probeIdentity(
  authority: Authority,
  subject: CertificateSubject,
  { nowMs, passphrase }: SigningOptions,
): Promise<ProbeIdentity> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = { ...subject, publicKey: await x509.PublicKey.create(keys.publicKey) };
  const certificatePem = await signCertificate(authority, request, { nowMs, passphrase, validMs });
  return { certificatePem, keyPem: await keyPemOf(keys.privateKey) };
}
