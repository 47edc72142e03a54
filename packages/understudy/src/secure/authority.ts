// The certificate authority of one system: making it, opening its key, and signing the certificate of one machine. It signs only a
// request that was checked (certificate-request.ts), and keeps nothing: store.ts does.
import { createPrivateKey, webcrypto } from 'node:crypto';
import { UnderstudyError, type Secret } from '@understudy/foundation';
import type { CheckedRequest } from './certificate-request.ts';
import { algorithm, backdatedMs, dayMs, keyPemOf, x509 } from './x509.ts';

export interface Authority {
  readonly certificatePem: string;
  /** PKCS#8 in PEM; encrypted when a passphrase was given. */
  readonly keyPem: Secret;
}

const authorityDays = 3650;
const machineDays = 365;

/** A new authority. With a passphrase its key is encrypted (AES-256). */
export async function makeAuthority(systemName: string, nowMs: number, passphrase?: Secret): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=Authority of ${systemName}`,
    notBefore: new Date(nowMs - backdatedMs),
    notAfter: new Date(nowMs + authorityDays * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      // It signs machines, never another authority.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    keyPem: await keyPemOf(keys.privateKey, passphrase),
  };
}

export interface SigningOptions {
  readonly nowMs: number;
  readonly passphrase?: Secret | undefined;
  /** How long the certificate is valid, from `nowMs`. Default: a year. */
  readonly validMs?: number;
}

/**
 * The certificate of one machine, PEM. It identifies the machine as server and as client of other nodes. Errors:
 * `secure-passphrase` when the authority's key is encrypted and the passphrase is missing or wrong.
 */
export async function signCertificate(
  authority: Authority,
  request: CheckedRequest,
  { nowMs, passphrase, validMs = machineDays * dayMs }: SigningOptions,
): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificatePem);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${request.label}`,
    issuer: issuer.subjectName,
    notBefore: new Date(nowMs - backdatedMs),
    notAfter: new Date(nowMs + validMs),
    publicKey: request.publicKey,
    signingKey: await signingKey(authority.keyPem, passphrase),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      // The names are those that were asked to be checked, not a copy of what the request says.
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: request.label },
        ...request.addresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
      await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

/** Errors: `secure-passphrase` when the key cannot be opened with it. */
export async function assertOpens(keyPem: Secret, passphrase: Secret | undefined): Promise<void> {
  await signingKey(keyPem, passphrase);
}

/** Positive, 127 random bits. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

async function signingKey(keyPem: Secret, passphrase: Secret | undefined): Promise<webcrypto.CryptoKey> {
  try {
    const secret = passphrase === undefined ? {} : { passphrase: passphrase.reveal() };
    const der = createPrivateKey({ key: keyPem.reveal(), ...secret }).export({ type: 'pkcs8', format: 'der' });
    return await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  } catch (cause) {
    throw new UnderstudyError(
      'secure-passphrase',
      `The authority's key cannot be opened: ${passphrase === undefined ? 'it is encrypted and no passphrase was given' : 'the passphrase is wrong'}. ` +
        'Give the passphrase in UNDERSTUDY_AUTHORITY_PASSPHRASE, or a file that holds it in UNDERSTUDY_AUTHORITY_PASSPHRASE_FILE, and run again.',
      { cause },
    );
  }
}
