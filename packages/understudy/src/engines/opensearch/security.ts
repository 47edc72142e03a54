// OpenSearch with TLS and users, by its security plugin. Its users live in an index: the files here fill it at the first start of a
// cluster and are not read again; afterwards accounts-api.ts changes them. https://docs.opensearch.org/latest/security/configuration/
import { stringify } from 'yaml';
import type { EngineSecurity, TlsPaths } from '../security.ts';
import { accountsApi, accountsOf, mappings, roles } from './accounts.ts';

function sslSettings(layer: 'transport' | 'http', paths: TlsPaths): Record<string, unknown> {
  const of = (name: string) => `plugins.security.ssl.${layer}.${name}`;
  return {
    [of('pemkey_filepath')]: paths.key,
    [of('pemcert_filepath')]: paths.certificate,
    [of('pemtrustedcas_filepath')]: paths.authority,
    [of('enabled_protocols')]: ['TLSv1.3', 'TLSv1.2'],
    // The authority may be exchanged while the engine runs; by default only a certificate of the same issuer is taken.
    [of('enforce_cert_reload_dn_verification')]: false,
  };
}

function settings(paths: TlsPaths, searchLabels: string): Record<string, unknown> {
  return {
    'plugins.security.disabled': false,
    ...sslSettings('transport', paths),
    // A node that is connected to proves that its address is one that its certificate names. No name is looked up: there is no DNS.
    'plugins.security.ssl.transport.enforce_hostname_verification': true,
    'plugins.security.ssl.transport.resolve_hostname': false,
    // Of all certificates that the authority signed, those that make their holder a node.
    'plugins.security.nodes_dn': [`CN=${searchLabels}`],
    'plugins.security.ssl.http.enabled': true,
    ...sslSettings('http', paths),
    // Nobody logs in by a certificate, and no certificate makes its holder an administrator (`authcz.admin_dn` is not set).
    'plugins.security.ssl.http.clientauth_mode': 'NONE',
    'plugins.security.ssl.certificates_hot_reload.enabled': true,
    'plugins.security.allow_default_init_securityindex': true,
    // Nothing is recorded; without a word on it each start logs an error.
    'plugins.security.audit.type': 'noop',
    'plugins.security.restapi.roles_enabled': ['all_access'],
  };
}

/** Logins by a password, and by nothing else. */
const config = {
  dynamic: {
    http: { anonymous_auth_enabled: false },
    authc: {
      basic: {
        http_enabled: true,
        order: 0,
        http_authenticator: { type: 'basic', challenge: true },
        authentication_backend: { type: 'intern' },
      },
    },
  },
};

const file = (type: string, content: object): string =>
  `# Written by understudy apply; edits are put back.\n${stringify({ _meta: { type, config_version: 2 }, ...content }, { lineWidth: 0 })}`;

const folder = 'opensearch-security';

export const security: EngineSecurity = {
  settings,
  files: (users, indices) => [
    [`${folder}/config.yml`, file('config', { config })],
    [`${folder}/internal_users.yml`, file('internalusers', accountsOf(users))],
    [`${folder}/roles.yml`, file('roles', roles(indices))],
    [`${folder}/roles_mapping.yml`, file('rolesmapping', mappings(users))],
    // The vendor's has a tenant for its demonstration.
    [`${folder}/tenants.yml`, file('tenants', {})],
  ],
  fileNames: ['config', 'internal_users', 'roles', 'roles_mapping', 'tenants'].map((name) => `${folder}/${name}.yml`),
  accountsApi,
};
