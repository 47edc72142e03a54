// The files by which OpenSearch is secured, as exact values.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchFiles } from '../../src/machines/index.ts';
import { machinePlans, parseTopology } from '../../src/topology/index.ts';
import { securedOpenSearchText as text } from '../simulation/sample-intent.ts';

const topology = parseTopology(text, { path: '/topologies/demo.yaml' });
const peers = machinePlans(topology).filter(({ role }) => role === 'search');

function filesWith(ownMapping: boolean) {
  const access = {
    bundlePem: 'AUTHORITY\n',
    users: (['operator', 'service', 'monitor'] as const).map((account) => ({
      account,
      user: `understudy-${account}`,
      hash: `$2a$10$${account[0] ?? ''}`,
    })),
    generation: 'g1',
    indices: [{ names: ['documents', 'papers'], ownMapping }],
  };
  return searchFiles({ topology, machine: peers[1]!, peers, securityModule: true, access }, 'formed');
}

const files = filesWith(false);

function contentOf(path: string, of = files): string {
  return of.find((file) => file.path === path)!.content;
}

test('the settings of TLS, users and nodes', () => {
  assert.deepEqual(
    contentOf('/etc/opensearch/opensearch.yml')
      .match(/^plugins\.security[^]*?(?=^(?:search|cluster)\.)/m)?.[0]
      .split('\n'),
    [
      ...['plugins.security.disabled: false'],
      'plugins.security.ssl.transport.pemkey_filepath: /etc/opensearch/understudy/node.key',
      'plugins.security.ssl.transport.pemcert_filepath: /etc/opensearch/understudy/node.crt',
      'plugins.security.ssl.transport.pemtrustedcas_filepath: /etc/opensearch/understudy/authority.crt',
      'plugins.security.ssl.transport.enabled_protocols:',
      ...['  - TLSv1.3', '  - TLSv1.2'],
      'plugins.security.ssl.transport.enforce_cert_reload_dn_verification: false',
      'plugins.security.ssl.transport.enforce_hostname_verification: true',
      'plugins.security.ssl.transport.resolve_hostname: false',
      ...['plugins.security.nodes_dn:', '  - CN=demo-search-*'],
      'plugins.security.ssl.http.enabled: true',
      'plugins.security.ssl.http.pemkey_filepath: /etc/opensearch/understudy/node.key',
      'plugins.security.ssl.http.pemcert_filepath: /etc/opensearch/understudy/node.crt',
      'plugins.security.ssl.http.pemtrustedcas_filepath: /etc/opensearch/understudy/authority.crt',
      'plugins.security.ssl.http.enabled_protocols:',
      ...['  - TLSv1.3', '  - TLSv1.2'],
      'plugins.security.ssl.http.enforce_cert_reload_dn_verification: false',
      'plugins.security.ssl.http.clientauth_mode: NONE',
      'plugins.security.ssl.certificates_hot_reload.enabled: true',
      'plugins.security.allow_default_init_securityindex: true',
      'plugins.security.audit.type: noop',
      ...['plugins.security.restapi.roles_enabled:', '  - all_access'],
      '',
    ],
  );
});

test('accounts, roles, mappings and logins; nothing of the vendor’s demonstration', () => {
  const folder = '/etc/opensearch/opensearch-security';
  assert.deepEqual(
    files.filter(({ path }) => path.startsWith(folder)).map(({ path, mode, owner }) => [path, mode, owner]),
    ['config', 'internal_users', 'roles', 'roles_mapping', 'tenants'].map((name) => [
      `${folder}/${name}.yml`,
      '0640',
      'opensearch:opensearch',
    ]),
  );
  assert.equal(
    contentOf(`${folder}/internal_users.yml`),
    `# Written by understudy apply; edits are put back.
_meta:
  type: internalusers
  config_version: 2
understudy-operator:
  hash: $2a$10$o
  backend_roles: []
  attributes:
    understudy: sha256-cd40ea3becd206b9
understudy-service:
  hash: $2a$10$s
  backend_roles: []
  attributes:
    understudy: sha256-59d2f20cffda913e
understudy-monitor:
  hash: $2a$10$m
  backend_roles: []
  attributes:
    understudy: sha256-b77d1b73f8000134
`,
  );
  assert.equal(
    contentOf(`${folder}/roles_mapping.yml`),
    `# Written by understudy apply; edits are put back.
_meta:
  type: rolesmapping
  config_version: 2
all_access:
  users:
    - understudy-operator
  hosts: []
  backend_roles: []
  and_backend_roles: []
understudy-service:
  users:
    - understudy-service
  hosts: []
  backend_roles: []
  and_backend_roles: []
understudy-monitor:
  users:
    - understudy-monitor
  hosts: []
  backend_roles: []
  and_backend_roles: []
`,
  );
  assert.equal(
    contentOf(`${folder}/tenants.yml`),
    '# Written by understudy apply; edits are put back.\n_meta:\n  type: tenants\n  config_version: 2\n',
  );
  assert.equal(
    contentOf(`${folder}/config.yml`),
    `# Written by understudy apply; edits are put back.
_meta:
  type: config
  config_version: 2
config:
  dynamic:
    http:
      anonymous_auth_enabled: false
    authc:
      basic:
        http_enabled: true
        order: 0
        http_authenticator:
          type: basic
          challenge: true
        authentication_backend:
          type: intern
`,
  );
});

test('the service may use the indices of the topology by every name, and make them only where its application does', () => {
  const roles = contentOf('/etc/opensearch/opensearch-security/roles.yml');
  assert.match(roles, /^understudy-service:\n {2}cluster_permissions:\n {4}- cluster:monitor\/main\n/m);
  assert.match(roles, /index_patterns:\n {8}- documents\n {8}- papers\n/);
  assert.doesNotMatch(roles, /- manage$/m);
  assert.match(contentOf('/etc/opensearch/opensearch-security/roles.yml', filesWith(true)), /^ {8}- manage$/m);
  assert.doesNotMatch(roles, /cluster:admin|all_access|cluster_all/);
});
