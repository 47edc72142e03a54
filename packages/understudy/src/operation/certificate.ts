// Certificates of https listeners: read from the operator's files, or generated here for `self-signed`.
import { webcrypto, X509Certificate as NodeCertificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
// @peculiar/x509 resolves its parts through a container that needs this polyfill first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { Secret, UnderstudyError } from '@understudy/foundation';
import { readSecretFile } from './secret-file.ts';

export interface Certificate {
  readonly certificatePem: string;
  readonly keyPem: Secret;
  /** SHA-1 of the certificate, hex without colons, upper case: what Linode calls ssl_fingerprint. */
  readonly fingerprint: string;
  readonly notAfter: Date;
}

/** Fingerprints are written with and without colons, in either case. */
export function sameFingerprint(a: string, b: string): boolean {
  const plain = (text: string): string => text.replaceAll(':', '').toUpperCase();
  return plain(a) === plain(b);
}

/** The common name of a self-signed certificate, by which the tool recognises its own certificates. */
export function selfSignedName(topologyName: string): string {
  return `${topologyName}.understudy.internal`;
}

const dayMs = 86_400_000;
const validityDays = 397;

/** A P-256 certificate for the balancer: its name, and its address if that is known. */
export async function selfSignedCertificate(
  name: string,
  address: string | undefined,
  nowMs: number,
): Promise<Certificate> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names: x509.JsonGeneralNames = [{ type: 'dns', value: name }];
  if (address !== undefined) names.push({ type: 'ip', value: address });
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    // A client whose clock is a little behind must accept it.
    notBefore: new Date(nowMs - dayMs),
    notAfter: new Date(nowMs + validityDays * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension(names),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = key.match(/.{1,64}/g) ?? [];
  return described(
    certificate.toString('pem'),
    new Secret(`-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`),
  );
}

/** Error: `reconcile-certificate` when the files are not a certificate and its key. */
export async function certificateFromFiles(certPath: string, keyPath: string): Promise<Certificate> {
  try {
    const [certificatePem, key] = await Promise.all([
      readFile(certPath, 'utf8'),
      readSecretFile(keyPath, 'balancer.listeners: keyPath'),
    ]);
    return described(certificatePem, key);
  } catch (cause) {
    if (cause instanceof UnderstudyError) throw cause;
    throw new UnderstudyError(
      'reconcile-certificate',
      `${certPath} and ${keyPath} are not a certificate and its key in PEM: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'Correct the paths in balancer.listeners, or write `self-signed`.',
      { facts: { certPath, keyPath }, cause },
    );
  }
}

function described(certificatePem: string, keyPem: Secret): Certificate {
  const read = new NodeCertificate(certificatePem);
  return {
    certificatePem,
    keyPem,
    fingerprint: read.fingerprint.replaceAll(':', ''),
    notAfter: new Date(read.validTo),
  };
}
