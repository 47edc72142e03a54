// Builds an engine's Debian package once per content and keeps it in the cache, with an unpacked home beside it.
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Logger } from '@understudy/foundation';
import { runBuildCommand } from '../cache/build-command.ts';
import { buildOnce } from '../cache/build-once.ts';
import { pointAt } from '../cache/point-at.ts';
import { archiveScript } from './class-archive.ts';
import { conffiles } from './configuration.ts';
import { controlFile, packageFileName, sysctlFile } from './debian.ts';
import type { Engine, EngineName } from './engine.ts';
import { engineFacts } from './engine-facts.ts';
import { fetchJars, pom } from './maven.ts';
import { openSearchContent } from './opensearch/content.ts';
import {
  addClassArchive,
  buildDebCommand,
  moduleDescriptor,
  sourceDateEpoch,
  stageHome,
  stagePackage,
} from './staging.ts';
import { startScript } from './start-script.ts';
import { unitFile } from './unit.ts';

export interface EnginePackageOptions {
  readonly engine: EngineName;
  /** As the vendor numbers it: 9.5.3. */
  readonly version: string;
  readonly cacheDir: string;
  /**
   * The machines' disk image. When given, the package carries a class archive made on its Java, and a node on such a machine
   * starts in about half the CPU time; without it the package works as well.
   */
  readonly imageRoot?: string | undefined;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

export interface EnginePackage {
  readonly engine: EngineName;
  readonly version: string;
  /** `<engine>_<version>_amd64.deb` */
  readonly file: string;
  /**
   * The unpacked engine, which starts from there as any user but root: `<home>/bin/<engine> -Ename=value...`. Configuration is read
   * from `<home>/config` or `ES_PATH_CONF` / `OPENSEARCH_PATH_CONF`.
   */
  readonly home: string;
}

/** Names the exact Java that a class archive is for. */
const imageJavaRelease = 'usr/lib/jvm/java-21-openjdk-amd64/release';

/** Hash of everything that decides the package's content. */
async function contentHash(engine: Engine, imageRoot: string | undefined): Promise<string> {
  const parts = [
    JSON.stringify({ ...engine, java: engine.java.jars }),
    pom(engine),
    startScript(engine),
    unitFile(engine),
    moduleDescriptor(engine),
    controlFile(engine, 0),
    sysctlFile(engine),
    engine.name === 'opensearch' ? openSearchContent : '',
    JSON.stringify(conffiles(engine)),
    ...(await Promise.all(engine.java.sources.map((source) => readFile(source, 'utf8')))),
    imageRoot === undefined || !engine.classArchive
      ? ''
      : archiveScript(engine) + (await readFile(join(imageRoot, imageJavaRelease), 'utf8')),
  ];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}

async function build(engine: Engine, scratch: string, options: EnginePackageOptions): Promise<void> {
  const { logger, signal } = options;
  const tell = (text: string): void => logger({ level: 'info', subject: engine.name, text });
  const work = join(scratch, 'work');
  const home = join(work, 'home');
  tell(`${engine.version}: fetching the jars with Maven (1 of 3)`);
  const fetched = await fetchJars(engine, join(work, 'maven'), signal);
  await stageHome(engine, fetched, home, signal);
  await cp(home, join(scratch, 'home'), { recursive: true, verbatimSymlinks: true });
  if (engine.classArchive && options.imageRoot !== undefined) {
    tell(`${engine.version}: starting a node once, to keep what its classes become in memory (2 of 3)`);
    const archiveWork = join(work, 'archive');
    await mkdir(archiveWork);
    await addClassArchive(engine, home, options.imageRoot, archiveWork, signal);
  }
  tell(`${engine.version}: building the package (3 of 3)`);
  const tree = join(work, 'tree');
  await mkdir(tree);
  await stagePackage(engine, home, tree);
  const env = { SOURCE_DATE_EPOCH: sourceDateEpoch };
  await runBuildCommand(buildDebCommand(tree, join(scratch, packageFileName(engine))), { env, signal });
  await rm(work, { recursive: true });
}

/**
 * The engine as a Debian package, built if the cache lacks it (half a minute with an empty Maven cache). Safe to call from
 * several processes, and after one of them was killed. Errors: `lab-program-missing` (mvn, java, dpkg-deb), `lab-build-failed`.
 */
export async function ensureEnginePackage(options: EnginePackageOptions): Promise<EnginePackage> {
  const engine = engineFacts(options.engine, options.version);
  const directory = await packageDirectory(options);
  await buildOnce({ ...options, directory, build: (scratch) => build(engine, scratch, options) });
  const built = packageIn(engine, options.cacheDir, directory);
  await pointAt(built.home, relative(dirname(built.home), join(directory, 'home')));
  return built;
}

/** The packages that are in the cache already, as this version of the tool makes them. */
export async function builtEnginePackages(
  options: Pick<EnginePackageOptions, 'cacheDir' | 'imageRoot'>,
): Promise<EnginePackage[]> {
  const names = await readdir(packagesFolder(options.cacheDir)).catch(() => []);
  const built: EnginePackage[] = [];
  for (const directoryName of names.sort()) {
    const [, name, version = ''] =
      /^(elasticsearch|opensearch)-(\d+\.\d+\.\d+)-[0-9a-f]{12}$/.exec(directoryName) ?? [];
    if (name === undefined) continue;
    const engine = engineFacts(name as EngineName, version);
    const directory = await packageDirectory({ ...options, engine: engine.name, version });
    // One of another hash is from another version of the tool, or for another Java.
    if (basename(directory) === directoryName) built.push(packageIn(engine, options.cacheDir, directory));
  }
  return built;
}

const packagesFolder = (cacheDir: string): string => join(cacheDir, 'engine');

/** Where a package lies once it is built; the name has a hash of all that decides its content. */
export async function packageDirectory(options: Omit<EnginePackageOptions, 'logger' | 'signal'>): Promise<string> {
  const { engine, version, cacheDir, imageRoot } = options;
  const hash = await contentHash(engineFacts(engine, version), imageRoot);
  return join(packagesFolder(cacheDir), `${engine}-${version}-${hash}`);
}

function packageIn(engine: Engine, cacheDir: string, directory: string): EnginePackage {
  const { name, version } = engine;
  const home = join(packagesFolder(cacheDir), `${name}-${version}`);
  return { engine: name, version, file: join(directory, packageFileName(engine)), home };
}
