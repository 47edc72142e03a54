// Lays out what only OpenSearch has: its plugins, permissions of its modules, and the files of its package.
import { mkdir, readdir, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Engine } from '../engine.ts';
import type { FetchedJars } from '../maven.ts';
import { place } from '../place.ts';
import { homeLinks, openSearchHomeOptions, placedFiles, systemdEntrypoint } from './configuration.ts';
import { stagePlugins } from './plugins.ts';

/** What the transport's module may do where a security manager asks; the published jar comes without it. */
const transportPolicy = `grant {
  permission java.io.FilePermission "/proc/sys/net/core/somaxconn", "read";
  permission java.net.SocketPermission "*", "accept,connect,resolve";
  permission java.lang.RuntimePermission "getClassLoader";
  permission java.lang.RuntimePermission "setContextClassLoader";
  permission java.util.PropertyPermission "sun.nio.ch.bugLevel", "write";
};
`;

const systemdPolicy = `grant {
  permission java.lang.RuntimePermission "accessDeclaredMembers";
  permission java.lang.RuntimePermission "getenv.OPENSEARCH_SD_NOTIFY";
  permission java.lang.RuntimePermission "accessClassInPackage.sun.misc";
  permission java.lang.reflect.ReflectPermission "suppressAccessChecks";
  permission java.io.FilePermission "/run/systemd/container", "read";
};
`;

/** Into the home. */
export async function stageOpenSearch(engine: Engine, fetched: FetchedJars, home: string): Promise<void> {
  await stagePlugins(engine, fetched.plugins, home);
  await place(join(home, 'config', 'jvm.options'), openSearchHomeOptions(engine));
  await place(join(home, 'modules', engine.transport.module, 'plugin-security.policy'), transportPolicy);
  await place(join(home, 'modules', 'systemd', 'plugin-security.policy'), systemdPolicy);
}

/**
 * Into the tree of the package, in which the home lies already. Returns the paths of the configuration files that the plugin brought;
 * they are dpkg's to keep, as the others.
 */
export async function stageOpenSearchPackage(tree: string): Promise<string[]> {
  const home = join(tree, 'usr/share/opensearch');
  const plugin = 'opensearch-security';
  const configuration = join(tree, 'etc/opensearch', plugin);
  await mkdir(dirname(configuration), { recursive: true });
  await rename(join(home, 'config', plugin), configuration);
  const names = await readdir(configuration);
  await place(join(home, 'bin/systemd-entrypoint'), systemdEntrypoint, 0o755);
  for (const [path, content] of Object.entries(placedFiles)) await place(join(tree, path), content);
  for (const [name, target] of Object.entries(homeLinks)) await symlink(target, join(home, name));
  await mkdir(join(tree, 'var/run/opensearch'), { recursive: true });
  return names.sort().map((name) => `/etc/opensearch/${plugin}/${name}`);
}
