// Which versions of an engine Maven Central has: those of which every artifact that the lab needs is there. Asked by the user's
// own Maven client, with the user's own settings.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runBuildCommand } from '../cache/build-command.ts';
import type { EngineName } from './engine.ts';
import { engineFacts } from './engine-facts.ts';
import { artifactPath, latestPom } from './maven.ts';

export interface PublishedVersionsOptions {
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
}

/** Released versions, oldest first. Errors: `lab-program-missing` (mvn), `lab-build-failed` (Maven Central not reached). */
export async function publishedVersions(engine: EngineName, options: PublishedVersionsOptions): Promise<string[]> {
  const { cacheDir, signal } = options;
  // A repository of its own: Maven leaves the lists of versions in it, and no setting of the user moves it.
  const repository = join(cacheDir, 'maven-versions');
  await mkdir(repository, { recursive: true });
  const project = await mkdtemp(join(repository, '.project-'));
  const facts = engineFacts(engine, 'LATEST');
  try {
    const file = join(project, 'pom.xml');
    await writeFile(file, latestPom(facts));
    const where = [`-Dmaven.repo.local=${repository}`, '--file', file];
    await runBuildCommand(['mvn', '--batch-mode', '--quiet', '--update-snapshots', ...where, 'validate'], { signal });
  } finally {
    await rm(project, { recursive: true, force: true });
  }
  const lists = await Promise.all(
    facts.versionedArtifacts.map((artifact) => versionsIn(join(repository, artifactPath(artifact)))),
  );
  return [...(lists[0] ?? [])].filter((version) => lists.every((list) => list.has(version))).sort(compareVersions);
}

/** The versions of all lists in the folder: one for each repository that Maven asked. */
async function versionsIn(folder: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const name of await readdir(folder).catch(() => [])) {
    if (!/^maven-metadata-.*\.xml$/.test(name)) continue;
    for (const version of versionsOf(await readFile(join(folder, name), 'utf8'))) found.add(version);
  }
  return found;
}

/** The releases in the text of a maven-metadata.xml; previews such as `9.0.0-rc1` are left out. A plugin of
 * OpenSearch has a fourth number, 0 for the first that fits the engine. */
export function versionsOf(metadata: string): string[] {
  return [...metadata.matchAll(/<version>(\d+\.\d+\.\d+)(?:\.0)?<\/version>/g)].map(([, version = '']) => version);
}

/** Below zero when `one` is older than `other`. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number)) as [number[], number[]];
  return a.map((part, place) => part - (b[place] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
