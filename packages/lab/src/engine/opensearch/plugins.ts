// OpenSearch's plugins as they lie in its home: the security plugin from its published zip, repository-s3 from its jars. Their
// descriptors are mended where they ask for what is not published.
import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Engine } from '../engine.ts';
import type { FetchedPlugin } from '../maven.ts';

/** Lets repository-s3 reach its store; without this file the Java agent denies each of its connections. */
const s3Policy = `grant {
  permission java.net.SocketPermission "*", "connect,resolve";
};
`;

function s3Descriptor(engine: Engine): string {
  return `description=The S3 repository plugin adds S3 repositories
version=${engine.version}
name=repository-s3
classname=org.opensearch.repositories.s3.S3RepositoryPlugin
java.version=${engine.javaMajor}
opensearch.version=${engine.version}
`;
}

/** Which other plugins the security plugin extends: those that are published. */
export function mendedDescriptor(descriptor: string): string {
  return descriptor.replace(/^extended\.plugins=.*$/m, 'extended.plugins=');
}

/** The name of a jar without its version: `jackson-core-2.18.2.jar` is `jackson-core`. */
export const artifactOf = (jar: string): string => jar.replace(/^(.*)-\d[^-]*(?:-[a-z]+)?\.jar$/, '$1');

async function unzip(zip: string, folder: string): Promise<void> {
  for (const [path, content] of Object.entries(unzipSync(await readFile(zip)))) {
    if (path.endsWith('/')) continue;
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content, { mode: path.endsWith('.sh') ? 0o755 : 0o644 });
  }
}

/** Puts the plugins into `home`; their own configuration goes to `home/config/<plugin>`, as the vendor's installer of plugins does. */
export async function stagePlugins(engine: Engine, plugins: readonly FetchedPlugin[], home: string): Promise<void> {
  const shared = new Set((await readdir(join(home, 'lib'))).map(artifactOf));
  for (const { name, zip, jars } of plugins) {
    const folder = join(home, 'plugins', name);
    await mkdir(folder, { recursive: true });
    if (zip !== undefined) {
      await unzip(zip, folder);
      const descriptor = join(folder, 'plugin-descriptor.properties');
      await writeFile(descriptor, mendedDescriptor(await readFile(descriptor, 'utf8')));
      await rename(join(folder, 'config'), join(home, 'config', name));
    } else {
      await writeFile(join(folder, 'plugin-descriptor.properties'), s3Descriptor(engine));
      await writeFile(join(folder, 'plugin-security.policy'), s3Policy);
    }
    // The engine refuses a class that both its own libraries and a plugin have.
    for (const jar of (await readdir(jars)).sort()) {
      if (!shared.has(artifactOf(jar))) await cp(join(jars, jar), join(folder, jar));
    }
  }
}
