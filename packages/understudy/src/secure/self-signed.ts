// A certificate that no authority signed, for the balancer: its name, and its address if that is known.
import { webcrypto } from 'node:crypto';
import type { Secret } from '@understudy/foundation';
import { algorithm, backdatedMs, dayMs, keyPemOf, x509 } from './x509.ts';

const validityDays = 397;

/** A P-256 certificate and its key, PEM. */
export async function selfSigned(
  name: string,
  address: string | undefined,
  nowMs: number,
): Promise<{ readonly certificatePem: string; readonly keyPem: Secret }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names: x509.JsonGeneralNames = [{ type: 'dns', value: name }];
  if (address !== undefined) names.push({ type: 'ip', value: address });
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(nowMs - backdatedMs),
    notAfter: new Date(nowMs + validityDays * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension(names),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  return { certificatePem: certificate.toString('pem'), keyPem: await keyPemOf(keys.privateKey) };
}
