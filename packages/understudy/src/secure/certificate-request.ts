// Checks what a machine asks to be signed. A machine that is not trusted any more could ask for the name of another one, so a
// request is refused unless it is for exactly this machine.
import { UnderstudyError } from '@understudy/foundation';
import { x509 } from './x509.ts';

/** RFC 5280, 4.2.1.6 */
const subjectAlternativeName = '2.5.29.17';

/** For which machine a certificate is. */
export interface CertificateSubject {
  readonly label: string;
  /** IPv4 addresses by which it is reached inside the VPC. */
  readonly addresses: readonly string[];
}

export interface CheckedRequest extends CertificateSubject {
  readonly publicKey: x509.PublicKey;
}

/** Error: `secure-request-refused` when the request is not one of this machine, or its signature is wrong. */
export async function checkRequest(pem: string, subject: CertificateSubject): Promise<CheckedRequest> {
  const refuse = (what: string, saw: string, allowed: string, cause?: unknown): UnderstudyError =>
    new UnderstudyError(
      'secure-request-refused',
      `The certificate request of ${subject.label} was not signed: ${what} is ${saw}; allowed is ${allowed}. ` +
        'If somebody changed the machine, replace it; otherwise run apply again.',
      { facts: { label: subject.label, what, saw, allowed }, cause },
    );
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(pem);
  } catch (cause) {
    throw refuse('what it sent', 'no certificate request', 'a PKCS#10 request in PEM', cause);
  }
  // The one who asks has the key.
  if (!(await request.verify().catch(() => false))) throw refuse('its signature', 'wrong', 'one by its own key');
  const { publicKey } = request;
  const { name, namedCurve } = publicKey.algorithm as { name: string; namedCurve?: string };
  if (name !== 'ECDSA' || namedCurve !== 'P-256') {
    throw refuse('its key', namedCurve ?? name, 'an elliptic curve key on P-256');
  }
  if (request.subject !== `CN=${subject.label}`) throw refuse('its subject', request.subject, `CN=${subject.label}`);
  const asked = request.getExtension(subjectAlternativeName);
  const names = asked === null ? [] : new x509.SubjectAlternativeNameExtension(asked.rawData).names.items;
  const saw = names.map(({ type, value }) => `${type} ${value}`).sort();
  const allowed = [`dns ${subject.label}`, ...subject.addresses.map((address) => `ip ${address}`)].sort();
  if (saw.join() !== allowed.join()) {
    throw refuse('the list of its names', saw.join(', ') || 'empty', allowed.join(', '));
  }
  return { ...subject, publicKey };
}
