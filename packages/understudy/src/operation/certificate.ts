// Certificates of https listeners: read from the operator's files, or generated here for `self-signed`.
import { X509Certificate as NodeCertificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UnderstudyError, type Secret } from '@understudy/foundation';
import { selfSigned } from '../secure/index.ts';
import { readSecretFile } from './secret-file.ts';

export interface Certificate {
  readonly certificatePem: string;
  readonly keyPem: Secret;
  /** SHA-1 of the certificate, hex without colons, upper case: what Linode calls ssl_fingerprint. */
  readonly fingerprint: string;
  readonly notBefore: Date;
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

/** A certificate for the balancer: its name, and its address if that is known. */
export async function selfSignedCertificate(
  name: string,
  address: string | undefined,
  nowMs: number,
): Promise<Certificate> {
  const { certificatePem, keyPem } = await selfSigned(name, address, nowMs);
  return certificateOf(certificatePem, keyPem);
}

/** Error: `reconcile-certificate` when the files are not a certificate and its key. */
export async function certificateFromFiles(certPath: string, keyPath: string): Promise<Certificate> {
  try {
    const [certificatePem, key] = await Promise.all([
      readFile(certPath, 'utf8'),
      readSecretFile(keyPath, 'balancer.listeners: keyPath'),
    ]);
    return certificateOf(certificatePem, key);
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

/** Of a chain the first one is described. */
export function certificateOf(certificatePem: string, keyPem: Secret): Certificate {
  const read = new NodeCertificate(certificatePem);
  return {
    certificatePem,
    keyPem,
    fingerprint: read.fingerprint.replaceAll(':', ''),
    notBefore: new Date(read.validFrom),
    notAfter: new Date(read.validTo),
  };
}
