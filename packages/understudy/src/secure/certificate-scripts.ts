// What is run on a machine for its certificate: the key is made there and never leaves it; only the request goes out, and the signed
// certificate comes in. Pure text for `sh -s`.
import { tlsPaths, type EngineLayout } from '../engines/index.ts';
import type { CertificateSubject } from './certificate-request.ts';

/** Makes a new key beside the one in use, and prints a request for it. */
export function requestScript(layout: EngineLayout, { label, addresses }: CertificateSubject): string {
  const { directory, key } = tlsPaths(layout);
  const names = [`DNS:${label}`, ...addresses.map((address) => `IP:${address}`)].join(',');
  return `set -eu
umask 077
command -v openssl >/dev/null || { echo 'there is no openssl; install it: apt-get install openssl' >&2; exit 1; }
mkdir -p ${directory}
chmod 755 ${directory}
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${key}.new 2>/dev/null
openssl req -new -key ${key}.new -subj /CN=${label} -addext subjectAltName=${names}
`;
}

/**
 * Puts the certificate in place with the key that it was made for. A running engine reads both again by itself within seconds. Refuses
 * a certificate for another key: exit code 4, and nothing is changed.
 */
export function certificateScript(layout: EngineLayout, certificatePem: string): string {
  const { key, certificate } = tlsPaths(layout);
  return `set -eu
umask 077
cat > ${certificate}.new <<'UNDERSTUDY'
${certificatePem.trim()}
UNDERSTUDY
asked=$(openssl pkey -in ${key}.new -pubout)
signed=$(openssl x509 -in ${certificate}.new -noout -pubkey)
[ "$asked" = "$signed" ] || { echo 'the certificate is for another key than the one that was made here' >&2; exit 4; }
chown root:root ${certificate}.new
chmod 644 ${certificate}.new
chown ${layout.user}:${layout.user} ${key}.new
chmod 600 ${key}.new
trap '' HUP INT TERM
mv -f ${key}.new ${key} && mv -f ${certificate}.new ${certificate}
`;
}
