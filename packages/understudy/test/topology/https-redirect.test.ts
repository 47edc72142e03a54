// Users who come by http are sent to https only where they are served there, and by the service that knows how.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTopology, redirectListener } from '../../src/topology/index.ts';

const http = '{ port: 80, protocol: http }';
const https = (certificate: string, port = 443) => `{ port: ${port}, protocol: https, certificate: ${certificate} }`;
const acme = '{ acme: { domains: [search.example.org] } }';
const own = 'service: { artifact: ./app, runtime: none, command: [./start] }';

for (const [what, listeners, service, port] of [
  ['a certificate by ACME', [http, https(acme)], '', 443],
  ['a certificate of the user, on another port', [http, https('{ certPath: a.pem, keyPath: a.key }', 8443)], '', 8443],
  ['a certificate that browsers refuse', [http, https('self-signed')], '', undefined],
  ['no https listener', [http], '', undefined],
  ['no http listener', [https(acme)], '', undefined],
  ['an application of one’s own', [http, https(acme)], own, undefined],
] as const)
  test(`${what}: ${port === undefined ? 'nobody is sent elsewhere' : `to port ${port}`}`, () => {
    const text = `name: demo
region: us-ord
search: { version: 9.5.3 }
access: { adminNetworks: [198.51.100.0/24] }
balancer: { listeners: [${listeners.join(', ')}] }
${service}
`;
    assert.equal(redirectListener(parseTopology(text, { path: '/topologies/demo.yaml' }))?.port, port);
  });
