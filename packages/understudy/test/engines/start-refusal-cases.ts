// Settings and keystores, and whether Elasticsearch starts with them. One test asks our rules, the other the real server.

export interface StartCase {
  readonly name: string;
  readonly settings: string;
  /** Entries of the keystore. */
  readonly entries: readonly string[];
  /** The setting that is refused; undefined where the server starts. */
  readonly refused?: string;
  /** A piece of what the server itself says. */
  readonly server?: string;
}

const transport = 'xpack.security.transport.ssl';
const http = 'xpack.security.http.ssl';
const httpPassword = `${http}.keystore.secure_password`;
const transportPassword = `${transport}.keystore.secure_password`;

/** What the vendor's package leaves in the keystore. */
export const leftByThePackage = [
  'autoconfiguration.password_hash',
  httpPassword,
  transportPassword,
  `${transport}.truststore.secure_password`,
];

const off = [
  'xpack.security.enabled: false',
  'xpack.security.enrollment.enabled: false',
  `${http}.enabled: false`,
  `${transport}.enabled: false`,
].join('\n');
const on = 'xpack.security.enabled: true\n';
const key = 'key: certs/node.key, certificate: certs/node.crt';

export const startCases: readonly StartCase[] = [
  { name: 'all said off, with what the package leaves', settings: off, entries: leftByThePackage },
  {
    name: 'security off alone, with what the package leaves',
    settings: 'xpack.security.enabled: false',
    entries: leftByThePackage,
    refused: `${transport}.enabled`,
    server: `[${transport}.enabled] is not set`,
  },
  {
    name: 'one layer said, the other has an entry',
    settings: `xpack.security.enabled: false\n${transport}.enabled: false`,
    entries: [httpPassword],
    refused: `${http}.enabled`,
    server: `[${http}.enabled] is not set`,
  },
  {
    name: 'a setting of TLS in the file alone',
    settings: `xpack.security.enabled: false\n${transport}: {verification_mode: certificate}`,
    entries: [],
    refused: `${transport}.enabled`,
    server: `[${transport}.enabled] is not set`,
  },
  {
    name: 'TLS between nodes without a key',
    settings: `${on}${transport}.enabled: true`,
    entries: [],
    refused: transport,
    server: 'server ssl configuration requires a key and certificate',
  },
  {
    name: 'TLS for clients without a key, security off',
    settings: `xpack.security.enabled: false\n${http}.enabled: true`,
    entries: [],
    refused: http,
    server: 'server ssl configuration requires a key and certificate',
  },
  {
    name: 'a password in the file',
    settings: `xpack.security.enabled: false\n${transport}.enabled: false\n${transportPassword}: abc`,
    entries: [],
    refused: transportPassword,
    server: 'is a secure setting and must be stored inside the Elasticsearch keystore',
  },
  {
    name: 'a file that is not there',
    settings: `${on}${transport}: {enabled: true, keystore.path: certs/none.p12}`,
    entries: [],
    refused: `${transport}.keystore.path`,
    server: 'certs/none.p12',
  },
  {
    name: 'a file of root alone',
    settings: `${on}${transport}: {enabled: true, key: certs/root.key, certificate: certs/node.crt}`,
    entries: [],
    refused: `${transport}.key`,
    server: 'certs/root.key',
  },
  {
    name: 'one node, and initial masters',
    settings: `${off}\ndiscovery.type: single-node\ncluster.initial_master_nodes: [n1]`,
    entries: [],
    refused: 'cluster.initial_master_nodes',
    server: 'is not allowed when [discovery.type] is set to [single-node]',
  },
  {
    name: 'users without TLS between nodes, reachable by others',
    settings: `${on}network.host: 0.0.0.0\ncluster.initial_master_nodes: [n1]`,
    entries: [],
    refused: `${transport}.enabled`,
    server: 'Transport SSL must be enabled if security is enabled',
  },
  { name: 'users without TLS between nodes, on loopback', settings: on, entries: [] },
  {
    name: 'users and TLS by files of PEM, with what the package leaves',
    settings: `${on}${transport}: {enabled: true, ${key}}\n${http}: {enabled: true, ${key}}`,
    entries: leftByThePackage,
  },
];
