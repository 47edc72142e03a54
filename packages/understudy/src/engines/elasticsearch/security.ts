// Elasticsearch with TLS and users. The users are those of the file realm: it needs no index, so it answers while the cluster is out.
// https://www.elastic.co/docs/deploy-manage/users-roles/cluster-or-deployment-auth/file-based
import { stringify } from 'yaml';
import { accountNames, userOf, type EngineSecurity, type SecuredIndex, type TlsPaths } from '../security.ts';

function sslSettings(layer: 'transport' | 'http', paths: TlsPaths): Record<string, unknown> {
  const of = (name: string) => `xpack.security.${layer}.ssl.${name}`;
  return {
    [of('enabled')]: true,
    [of('key')]: paths.key,
    [of('certificate')]: paths.certificate,
    [of('certificate_authorities')]: [paths.authority],
  };
}

function settings(paths: TlsPaths): Record<string, unknown> {
  return {
    'xpack.security.enabled': true,
    // The vendor's package would make certificates and a password of its own, and let nodes enrol with a token.
    'xpack.security.autoconfiguration.enabled': false,
    'xpack.security.enrollment.enabled': false,
    // The built-in users (`elastic`, `kibana_system`): their passwords would be a second way in that nobody here watches.
    'xpack.security.authc.reserved_realm.enabled': false,
    'xpack.security.authc.realms.file.understudy.order': 0,
    ...sslSettings('transport', paths),
    // Every node proves that its address is the one that its certificate names, to the one that it connects to and to the one that it accepts.
    'xpack.security.transport.ssl.verification_mode': 'full',
    'xpack.security.transport.ssl.client_authentication': 'required',
    ...sslSettings('http', paths),
  };
}

/** Of the cluster, what the client asks for: who is master, the node's own name, health, version. */
const clientQuestions = [
  'cluster:monitor/main',
  'cluster:monitor/health',
  'cluster:monitor/state',
  'cluster:monitor/nodes/info',
];

function indexPrivileges({ names, ownMapping }: SecuredIndex): object {
  return {
    names,
    privileges: [
      ...['read', 'write', 'view_index_metadata', 'maintenance', 'auto_configure'],
      ...(ownMapping ? ['manage'] : []),
    ],
  };
}

function roles(indices: readonly SecuredIndex[]): string {
  const all = {
    [userOf('service')]: { cluster: clientQuestions, indices: indices.map(indexPrivileges) },
    [userOf('monitor')]: {
      cluster: ['monitor'],
      indices: [{ names: ['*'], privileges: ['monitor', 'view_index_metadata'] }],
    },
  };
  return `# Written by understudy apply; edits are put back.\n${stringify(all, { lineWidth: 0 })}`;
}

export const security: EngineSecurity = {
  settings,
  files: (users, indices) => [
    ['users', users.map(({ user, hash }) => `${user}:${hash}\n`).join('')],
    [
      'users_roles',
      accountNames
        .map((account) => {
          const those = users.filter((one) => one.account === account).map(({ user }) => user);
          // Orders of the tool reach settings, voting, snapshots and every index, which only this role has together.
          return `${account === 'operator' ? 'superuser' : userOf(account)}:${those.join(',')}\n`;
        })
        .join(''),
    ],
    ['roles.yml', roles(indices)],
  ],
  fileNames: ['users', 'users_roles', 'roles.yml'],
};
