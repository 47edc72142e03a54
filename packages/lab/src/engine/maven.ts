// The engine's jars come from Maven with the user's own settings; the compiler that our launcher needs comes the same way.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runBuildCommand } from '../cache/build-command.ts';
import type { Engine } from './engine.ts';

/** Eclipse's compiler runs on the Java 17 of a Debian 12 host and reads the engines' Java 21 classes, which that javac cannot. */
const compilerVersion = '3.42.0';

/** An old version, which is sufficient: newer ones fetch three times as much before they start. */
const dependencyPluginVersion = '2.8';

interface Coordinates {
  readonly groupId: string;
  readonly artifactId: string;
  readonly version: string;
}

function coordinates(artifact: string): Coordinates {
  const [groupId = '', artifactId = '', version = ''] = artifact.split(':');
  return { groupId, artifactId, version };
}

const elements = ({ groupId, artifactId, version }: Coordinates): string =>
  `<groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version>`;

/** Where a Maven repository keeps an artifact, the version left out. */
export function artifactPath(artifact: string): string {
  const { groupId, artifactId } = coordinates(artifact);
  return `${groupId.replaceAll('.', '/')}/${artifactId}`;
}

const copyGoal = (items: readonly string[], folder: string): string => `      <execution>
        <id>${folder}</id><phase>validate</phase><goals><goal>copy</goal></goals>
        <configuration>
          <artifactItems>${items.map((item) => `<artifactItem>${item}</artifactItem>`).join('')}</artifactItems>
          <outputDirectory>\${basedir}/${folder}</outputDirectory>
        </configuration>
      </execution>`;

/** One that does not bring what it should not. */
function dependency(engine: Engine, artifact: string): string {
  const excluded = (engine.exclusions?.[artifact] ?? []).map((name) => {
    const { groupId, artifactId } = coordinates(name);
    return `<exclusion><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId></exclusion>`;
  });
  const exclusions = excluded.length === 0 ? '' : `<exclusions>${excluded.join('')}</exclusions>`;
  return `    <dependency>${elements(coordinates(artifact))}${exclusions}</dependency>`;
}

function project(engine: Engine, dependencies: readonly string[], executions: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>understudy.lab</groupId><artifactId>${engine.name}</artifactId><version>${engine.version}</version>
  <packaging>pom</packaging>
  <dependencies>
${dependencies.map((artifact) => dependency(engine, artifact)).join('\n')}
  </dependencies>
  <build><plugins><plugin>
    <groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId><version>${dependencyPluginVersion}</version>
    <executions>
${executions.join('\n')}
    </executions>
  </plugin></plugins></build>
</project>
`;
}

/** A project whose `validate` phase copies the engine's jars to `jars/` and the compiler to `compiler/`, and writes `tree.txt`, beside the file. */
export function pom(engine: Engine): string {
  const jars = `      <execution>
        <id>jars</id><phase>validate</phase><goals><goal>copy-dependencies</goal></goals>
        <configuration><includeScope>runtime</includeScope><outputDirectory>\${basedir}/jars</outputDirectory></configuration>
      </execution>`;
  const tree = `      <execution>
        <id>tree</id><phase>validate</phase><goals><goal>tree</goal></goals>
        <configuration><scope>runtime</scope><outputFile>\${basedir}/${treeFile}</outputFile></configuration>
      </execution>`;
  const compiler = elements(coordinates(`org.eclipse.jdt:ecj:${compilerVersion}`));
  return project(engine, engine.artifacts, [jars, tree, copyGoal([compiler], 'compiler')]);
}

/** A project whose `validate` phase asks for the newest of each artifact of the engine: Maven then fetches their lists of versions. */
export function latestPom(engine: Engine): string {
  const items = engine.versionedArtifacts.map((artifact) => `${elements(coordinates(artifact))}<type>pom</type>`);
  return project(engine, [], [copyGoal(items, 'newest')]);
}

const treeFile = 'tree.txt';

/** File names of the jars in Maven's tree -> the artifact id of the dependency of ours that brought it. */
export function broughtBy(tree: string): ReadonlyMap<string, string> {
  const brought = new Map<string, string>();
  let ours = '';
  for (const line of tree.split('\n')) {
    const [, indent = '', artifactId = '', version = ''] =
      /^((?:[|+\\]? *[ -])+)[^: ]+:([^:]+):jar:([^:]+):/.exec(line) ?? [];
    if (artifactId === '') continue;
    if (indent.length === 3) ours = artifactId;
    brought.set(`${artifactId}-${version}.jar`, ours);
  }
  return brought;
}

export interface FetchedJars {
  /** Folder with every jar of the engine. */
  readonly jars: string;
  /** Which of the engine's own artifacts brought which jar. */
  readonly brought: ReadonlyMap<string, string>;
  readonly compilerJar: string;
}

/** Fetches into `folder`. Errors: `lab-program-missing` (mvn), `lab-build-failed`. */
export async function fetchJars(engine: Engine, folder: string, signal?: AbortSignal): Promise<FetchedJars> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'pom.xml'), pom(engine));
  await runBuildCommand(['mvn', '--batch-mode', '--quiet', '--file', join(folder, 'pom.xml'), 'validate'], { signal });
  const brought = broughtBy(await readFile(join(folder, treeFile), 'utf8'));
  return { jars: join(folder, 'jars'), brought, compilerJar: join(folder, 'compiler', `ecj-${compilerVersion}.jar`) };
}
