// Where a real Elasticsearch for this bench is, or why there is none. Refuses to guess: a missing engine is a printed reason.
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

export interface EngineHome {
  readonly home: string;
  readonly javaHome: string;
}

/** Folders that may hold engines: one named by UNDERSTUDY_ENGINES, the tool's own cache. */
function engineFolders(): readonly string[] {
  const named = process.env['UNDERSTUDY_ENGINES'];
  return [...(named === undefined ? [] : [named]), join(homedir(), '.cache/understudy/engine')];
}

function findHome(): string | undefined {
  for (const folder of engineFolders()) {
    if (!existsSync(folder)) continue;
    const name = readdirSync(folder).find((entry) => existsSync(join(folder, entry, 'bin/elasticsearch')));
    if (name !== undefined) return join(folder, name);
  }
  return undefined;
}

function findJava(): string | undefined {
  const folder = '/usr/lib/jvm';
  const named = process.env['ES_JAVA_HOME'];
  const installed = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  return [...(named === undefined ? [] : [named]), ...installed].find((home) => majorOf(home) >= 21);
}

function majorOf(javaHome: string): number {
  const java = join(javaHome, 'bin/java');
  if (!existsSync(java)) return 0;
  const said = spawnSync(java, ['-version'], { encoding: 'utf8' }).stderr;
  return Number(/version "(\d+)/.exec(said)?.[1] ?? 0);
}

/** The engine and a Java for it, or the reason why nothing can be measured. */
export function findEngine(): EngineHome | string {
  const home = findHome();
  if (home === undefined)
    return `no engine found in ${engineFolders().join(', ')}; name a folder in UNDERSTUDY_ENGINES`;
  const javaHome = findJava();
  if (javaHome === undefined) return 'no Java 21 or later found in /usr/lib/jvm; name one in ES_JAVA_HOME';
  return { home, javaHome };
}
