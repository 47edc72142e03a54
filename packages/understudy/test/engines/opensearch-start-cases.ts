// Settings and keystores, and whether OpenSearch starts with them. One test asks our rules, the other the real server.
import type { StartCase } from './start-refusal-cases.ts';

const ssl = 'plugins.security.ssl';
const pem = 'pemkey_filepath: certs/node.key, pemcert_filepath: certs/node.crt, pemtrustedcas_filepath: certs/node.crt';
const transport = `${ssl}.transport: {enforce_hostname_verification: false, ${pem}}`;

export const openSearchStartCases: readonly StartCase[] = [
  { name: 'security off', settings: 'plugins.security.disabled: true', entries: [] },
  {
    name: 'security off, and files of TLS that are not there',
    settings: `plugins.security.disabled: true\n${ssl}.transport.pemkey_filepath: certs/none.key`,
    entries: [],
  },
  {
    name: 'TLS on both layers by files of PEM',
    settings: `${transport}\n${ssl}.http: {enabled: true, ${pem}}`,
    entries: [],
  },
  { name: 'TLS between nodes alone', settings: transport, entries: [] },
  {
    name: 'nothing said about TLS',
    settings: '',
    entries: [],
    refused: `${ssl}.transport`,
    server: 'No SSL configuration found',
  },
  {
    name: 'TLS for clients without a key',
    settings: `${transport}\n${ssl}.http.enabled: true`,
    entries: [],
    refused: `${ssl}.http`,
    server: 'Wrong http SSL configuration',
  },
  {
    name: 'a file that is not there',
    settings: `${ssl}.transport: {pemkey_filepath: certs/none.key, pemcert_filepath: certs/node.crt, pemtrustedcas_filepath: certs/node.crt}`,
    entries: [],
    refused: `${ssl}.transport.pemkey_filepath`,
    server: 'none.key',
  },
  {
    name: 'a file of root alone',
    settings: `${ssl}.transport: {pemkey_filepath: certs/root.key, pemcert_filepath: certs/node.crt, pemtrustedcas_filepath: certs/node.crt}`,
    entries: [],
    refused: `${ssl}.transport.pemkey_filepath`,
    server: 'root.key',
  },
  {
    name: 'no authorities between nodes',
    settings: `${ssl}.transport: {pemkey_filepath: certs/node.key, pemcert_filepath: certs/node.crt}`,
    entries: [],
    refused: `${ssl}.transport`,
    server: 'pemtrustedcas_filepath',
  },
  {
    name: 'one node, and initial masters',
    settings:
      'plugins.security.disabled: true\ndiscovery.type: single-node\ncluster.initial_cluster_manager_nodes: [n1]',
    entries: [],
    refused: 'cluster.initial_cluster_manager_nodes',
    server: 'is not allowed when [discovery.type] is set to [single-node]',
  },
  {
    name: 'a word that is not a boolean',
    settings: `plugins.security.disabled: "off"`,
    entries: [],
    refused: 'plugins.security.disabled',
    server: 'only [true] or [false] are allowed',
  },
];
