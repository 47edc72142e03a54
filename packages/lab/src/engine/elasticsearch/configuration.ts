// The configuration files of the security modules, as the vendor's package brings them: without users and without roles.
import type { ConfigurationFile } from '../engine.ts';

const file = (name: string, content: string): ConfigurationFile => ({ path: `/etc/elasticsearch/${name}`, content });

export const securityFiles: readonly ConfigurationFile[] = [
  file('role_mapping.yml', '# Role of the engine: names of users or groups in a directory service.\n'),
  file('roles.yml', '# Roles of the file realm.\n'),
  file('users', ''),
  file('users_roles', ''),
];
