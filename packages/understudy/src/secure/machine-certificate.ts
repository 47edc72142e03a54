// What the certificate of a machine is worth now: issued by an authority of this system, for this machine, and for how long. Pure.
import type { X509Certificate } from 'node:crypto';
import type { CertificateSubject } from './certificate-request.ts';
import { readBundle, readPem } from './x509.ts';

/** A certificate is renewed when this share of its life is over. */
const renewalShare = 2 / 3;

/** In milliseconds since the epoch. */
interface Validity {
  readonly from: number;
  readonly to: number;
}

/** The same rule for every certificate that this tool renews. */
export function isRenewalDue({ from, to }: Validity, nowMs: number): boolean {
  return nowMs >= from + (to - from) * renewalShare;
}

export type CertificateState =
  | { readonly state: 'current' }
  /** It has to be replaced; `reason` is a clause: `ends on 2027-…`. */
  | { readonly state: 'due'; readonly reason: string }
  /** Another authority issued it: neither ours nor one of the bundle. */
  | { readonly state: 'foreign'; readonly issuer: string };

/** `bundlePem`: the authorities of this system. `signerPem`: the one that signs now. */
export function certificateState(
  pem: string,
  subject: CertificateSubject,
  authorities: { readonly bundlePem: string; readonly signerPem: string },
  nowMs: number,
): CertificateState {
  const certificate = readPem(pem);
  if (!certificate) return { state: 'due', reason: 'is not a certificate in PEM' };
  const issuer = readBundle(authorities.bundlePem).find((candidate) => isIssuedBy(certificate, candidate));
  if (!issuer) return { state: 'foreign', issuer: oneLine(certificate.issuer) };
  const wrong = wrongNames(certificate, subject);
  if (wrong !== undefined) return { state: 'due', reason: wrong };
  const signer = readPem(authorities.signerPem);
  if (signer && signer.fingerprint256 !== issuer.fingerprint256) {
    return { state: 'due', reason: "is of the system's former authority" };
  }
  const life = validity(certificate);
  if (!isRenewalDue(life, nowMs)) return { state: 'current' };
  const { to } = life;
  return { state: 'due', reason: `${nowMs < to ? 'ends' : 'has ended'} on ${new Date(to).toISOString().slice(0, 10)}` };
}

/** When the certificate ends; undefined when the text is not one. */
export function certificateEnd(pem: string): Date | undefined {
  const certificate = readPem(pem);
  return certificate && new Date(validity(certificate).to);
}

/** When the last certificate of a bundle ends; undefined when there is none in it. */
export function bundleEnd(bundlePem: string): Date | undefined {
  const ends = readBundle(bundlePem).map((certificate) => validity(certificate).to);
  return ends.length === 0 ? undefined : new Date(Math.max(...ends));
}

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function validity({ validFrom, validTo }: X509Certificate): Validity {
  return { from: Date.parse(validFrom), to: Date.parse(validTo) };
}

function wrongNames({ subjectAltName = '' }: X509Certificate, subject: CertificateSubject): string | undefined {
  const saw = subjectAltName.split(', ').sort();
  const wanted = [`DNS:${subject.label}`, ...subject.addresses.map((address) => `IP Address:${address}`)].sort();
  return saw.join() === wanted.join() ? undefined : `is for ${saw.join(', ')} instead of ${wanted.join(', ')}`;
}

function oneLine(name: string): string {
  return name.split('\n').join(', ');
}
