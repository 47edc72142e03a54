// Certificates by ACME that are refused, by the field inside of them.
import type { BadTopology } from './bad-topologies.ts';

const rows = [
  [
    'the challenge http-01',
    'domains: [a.example.org], challenge: http-01',
    'challenge',
    /application behind the balancer/,
  ],
  ['no domains', 'domains: []', 'domains', /names by which users reach/],
  ['a domain that is a URL', 'domains: ["https://a.example.org"]', 'domains.0', /names by which users reach/],
  ['a directory without TLS', 'domains: [a.example.org], directory: "http://ca/dir"', 'directory', /Let's Encrypt/],
] as const;

/** A file of four good lines, followed by a listener with each of these. */
export function badCertificates(good: string): readonly BadTopology[] {
  return rows.map(([title, acme, field, says]) => ({
    title: `a certificate by ACME with ${title}`,
    text: `${good}balancer:\n  listeners:\n    - { port: 443, protocol: https, certificate: { acme: { ${acme} } } }\n`,
    field: `balancer.listeners.0.certificate.acme.${field}`,
    line: 7,
    says,
  }));
}
