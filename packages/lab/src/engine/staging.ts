// Lays out the engine as it will lie on a machine: home, configuration, unit. The home also starts from any other place.
import { cp, mkdir, readFile, readdir, rename, rm, symlink, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { zipSync, type Zippable } from 'fflate';
import { runBuildCommand } from '../cache/build-command.ts';
import { archiveCommand, archiveName } from './class-archive.ts';
import { conffiles, logConfiguration } from './configuration.ts';
import { conffilesList, controlFile, sysctlFile } from './debian.ts';
import type { Engine, EngineModule } from './engine.ts';
import type { FetchedJars } from './maven.ts';
import { place } from './place.ts';
import { stageOpenSearch, stageOpenSearchPackage } from './opensearch/stage.ts';
import { startScript } from './start-script.ts';
import { unitFile } from './unit.ts';

/** Every file of a package has this time, so that the same input makes the same package. */
const fileTime = new Date('2026-01-01T00:00:00Z');

/** The descriptor that makes a folder under modules/ a module of the engine: the transport, when no other is named. */
export function moduleDescriptor(
  engine: Engine,
  module: Pick<EngineModule, 'name' | 'description' | 'pluginClass' | 'extends'> = transport(engine),
): string {
  const extended = module.extends === undefined ? '' : `extended.plugins=${module.extends.join(',')}\n`;
  return `description=${module.description}
version=${engine.version}
name=${module.name}
classname=${module.pluginClass}
java.version=${engine.javaMajor}
${engine.name}.version=${engine.version}
${extended}`;
}

function transport({ transport: { module, pluginClass } }: Engine): Omit<EngineModule, 'brings'> {
  return { name: module, description: 'Netty based transport', pluginClass };
}

/** Class files of the engine's own Java, whatever Java runs the compiler. */
function compileCommand(
  engine: Engine,
  sources: readonly string[],
  compilerJar: string,
  jars: readonly string[],
  output: string,
): string[] {
  const java = String(engine.javaMajor);
  const flags = ['-source', java, '-target', java, '-proc:none', '-cp', jars.join(':'), '-d', output];
  return ['java', '-jar', compilerJar, ...flags, ...sources];
}

async function placeSources(engine: Engine, folder: string): Promise<string[]> {
  const placed = engine.java.sources.map(async (source) => {
    const own = join(folder, basename(source));
    await place(own, (await readFile(source, 'utf8')).replaceAll('elasticsearch', engine.name));
    return own;
  });
  return Promise.all(placed);
}

/** Packs the classes of one Java package; stored, not compressed, since the JVM reads it at every start. */
async function jarOf(folder: string, javaPackage: string): Promise<Uint8Array> {
  const files: Zippable = {};
  const below = join(folder, javaPackage.replaceAll('.', '/'));
  for (const entry of await readdir(below, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = await readFile(path);
  }
  return zipSync(files, { level: 0, mtime: fileTime });
}

/** The folders of the home that a jar lies in; none when it is left out. */
function foldersOf(engine: Engine, jar: string, brought: FetchedJars['brought']): string[] {
  const begins = (starts: readonly string[] = []): boolean => starts.some((start) => jar.startsWith(start));
  if (begins(engine.leftOut)) return [];
  const { modules } = engine;
  const module = modules.find(({ brings }) => brings.includes(brought.get(jar) ?? ''));
  const placed = Object.keys(engine.placed).find((key) => begins(engine.placed[key]));
  const own = placed ?? (module === undefined ? 'lib' : `modules/${module.name}`);
  return [own, ...modules.filter(({ copies }) => begins(copies)).map(({ name }) => `modules/${name}`)];
}

/** Fills `home` with what the package puts into /usr/share/<engine>, and a `config/` for a start outside a package. */
export async function stageHome(
  engine: Engine,
  fetched: FetchedJars,
  home: string,
  signal?: AbortSignal,
): Promise<void> {
  const modules = [transport(engine), ...engine.modules];
  for (const folder of ['lib', 'plugins', join('config', 'jvm.options.d')]) {
    await mkdir(join(home, folder), { recursive: true });
  }
  for (const module of modules) {
    await place(join(home, 'modules', module.name, 'plugin-descriptor.properties'), moduleDescriptor(engine, module));
  }
  const jars = (await readdir(fetched.jars)).sort();
  for (const jar of jars) {
    for (const folder of foldersOf(engine, jar, fetched.brought)) {
      await cp(join(fetched.jars, jar), join(home, folder, jar));
    }
  }
  await place(join(home, 'bin', engine.name), startScript(engine), 0o755);
  for (const [name, script] of Object.entries(engine.tools ?? {})) await place(join(home, 'bin', name), script, 0o755);
  await place(join(home, 'config', `${engine.name}.yml`), engine.homeSettings);
  await place(join(home, 'config', 'log4j2.properties'), logConfiguration(engine));
  const classes = `${home}.classes`;
  const paths = jars.map((jar) => join(fetched.jars, jar));
  const sources = await placeSources(engine, `${home}.sources`);
  await runBuildCommand(compileCommand(engine, sources, fetched.compilerJar, paths, classes), { signal });
  for (const [jar, javaPackage] of Object.entries(engine.java.jars)) {
    await place(join(home, jar), await jarOf(classes, javaPackage));
  }
  if (engine.name === 'opensearch') return stageOpenSearch(engine, fetched, home);
  // Native access (limits, system call filter, systemd) needs a libzstd where the vendor ships its own; Debian's serves.
  const platform = join(home, 'lib', 'platform', 'linux-x64');
  await mkdir(platform, { recursive: true });
  await symlink('/usr/lib/x86_64-linux-gnu/libzstd.so.1', join(platform, 'libzstd.so'));
}

async function sizeKilobytes(folder: string): Promise<number> {
  return Number(
    (await runBuildCommand(['du', '--summarize', '--apparent-size', '--block-size=1K', folder])).split('\t')[0],
  );
}

async function setTimes(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), fileTime, fileTime);
}

/** Makes the class archive in `home`, whose files must have the times they will have on a machine: the archive notes them. */
export async function addClassArchive(
  engine: Engine,
  home: string,
  imageRoot: string,
  work: string,
  signal?: AbortSignal,
): Promise<void> {
  await setTimes(home);
  await cp(join(home, 'config'), join(work, 'config'), { recursive: true });
  await mkdir(join(work, 'archive'));
  await runBuildCommand(archiveCommand(engine, imageRoot, home, work), { signal });
  await cp(join(work, 'archive', archiveName), join(home, archiveName));
}

/** Lays out `tree` for dpkg-deb; the home is moved in, its `config/` left out. */
export async function stagePackage(engine: Engine, home: string, tree: string): Promise<void> {
  const { name } = engine;
  await mkdir(join(tree, 'usr/share'), { recursive: true });
  await rename(home, join(tree, 'usr/share', name));
  const further = name === 'opensearch' ? await stageOpenSearchPackage(tree) : [];
  await rm(join(tree, 'usr/share', name, 'config'), { recursive: true });
  for (const file of conffiles(engine)) await place(join(tree, file.path), file.content);
  await place(join(tree, 'usr/lib/systemd/system', `${name}.service`), unitFile(engine));
  await place(join(tree, 'usr/lib/sysctl.d', `${name}.conf`), sysctlFile(engine));
  for (const folder of [`etc/${name}/jvm.options.d`, `var/lib/${name}`, `var/log/${name}`]) {
    await mkdir(join(tree, folder), { recursive: true });
  }
  await place(join(tree, 'DEBIAN/control'), controlFile(engine, await sizeKilobytes(tree)));
  await place(join(tree, 'DEBIAN/conffiles'), conffilesList(engine, further));
  for (const [script, text] of Object.entries(engine.maintainerScripts)) {
    await place(join(tree, 'DEBIAN', script), text, 0o755);
  }
  await setTimes(tree);
}

/** Not compressed: jars are, and three machines unpack it at once. */
export function buildDebCommand(tree: string, file: string): string[] {
  return ['dpkg-deb', '--root-owner-group', '-Znone', '--build', tree, file];
}

export const sourceDateEpoch = String(fileTime.getTime() / 1000);
