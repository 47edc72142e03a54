// Certificates by ACME that are refused, by the field inside of them.
import type { BadTopology } from './bad-topologies.ts';

const http01 = 'domains: [a.example.org], challenge: http-01';
const rows = [
  [
    'a challenge that there is not',
    'domains: [a.example.org], challenge: tls-alpn-01',
    'challenge',
    /leave it out for dns-01/,
  ],
  ['no domains', 'domains: []', 'domains', /names by which users reach/],
  ['a domain that is a URL', 'domains: ["https://a.example.org"]', 'domains.0', /names by which users reach/],
  ['a directory without TLS', 'domains: [a.example.org], directory: "http://ca/dir"', 'directory', /Let's Encrypt/],
  ['http-01 without a listener on port 80', http01, 'challenge', /add \{port: 80\} to balancer\.listeners/],
  [
    'http-01 for all names of a level',
    'domains: [a.example.org, "*.example.org"], challenge: http-01',
    'domains.1',
    /write each name, or set challenge: dns-01/,
    '    - { port: 80 }\n',
  ],
  [
    'http-01 behind a closed balancer',
    http01,
    'challenge',
    /remove balancer\.allow/,
    '    - { port: 80 }\n  allow: [203.0.113.0/24]\n',
  ],
] as const;

/** A file of four good lines, followed by a listener with each of these. */
export function badCertificates(good: string): readonly BadTopology[] {
  return rows.map(([title, acme, field, says, more = '']) => ({
    title: `a certificate by ACME with ${title}`,
    text: `${good}balancer:\n  listeners:\n    - { port: 443, protocol: https, certificate: { acme: { ${acme} } } }\n${more}`,
    field: `balancer.listeners.0.certificate.acme.${field}`,
    line: 7,
    says,
  }));
}
