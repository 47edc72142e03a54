// A real search engine of one node on loopback, for tests that need one. It is found, never downloaded.
import { freePort } from './free-port.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TestEngine {
  /** Of the first node. */
  readonly url: string;
  readonly urls: readonly string[];
  /** Process ids of the nodes. */
  readonly pids: readonly number[];
  /** Ends all nodes and keeps their data: a total outage. */
  halt(): Promise<void>;
  /** Starts the nodes again after `halt`, with their data, where they were. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

export interface Installation {
  readonly home: string;
  readonly javaHome: string;
}

/** Where the engine and a Java for it are, or the reason why there is none. */
export async function findEngine(): Promise<Installation | { readonly missing: string }> {
  const home = await engineHome();
  if (home === undefined) {
    return {
      missing: 'no engine: run bin/demo once, or set UNDERSTUDY_ENGINE_HOME to a directory with bin/elasticsearch',
    };
  }
  const javaHome = await newestJava();
  if (javaHome === undefined) return { missing: 'no Java 21 or later: install one, or set ES_JAVA_HOME' };
  return { home, javaHome };
}

/** Homes of an engine in the cache, the newest version first: a lab keeps every version that it ever built, each by its name alone. */
export async function keptHomes(name: 'elasticsearch' | 'opensearch'): Promise<readonly string[]> {
  const cache = join(homedir(), '.cache/understudy/engine');
  const kept = await readdir(cache).catch((): string[] => []);
  return kept
    .filter((one) => new RegExp(`^${name}-\\d+\\.\\d+\\.\\d+$`).test(one))
    .sort((one, other) => other.localeCompare(one, 'en', { numeric: true }))
    .map((one) => join(cache, one));
}

async function engineHome(): Promise<string | undefined> {
  const candidates = [process.env['UNDERSTUDY_ENGINE_HOME'] ?? [], await keptHomes('elasticsearch')].flat();
  for (const candidate of candidates) if (await exists(join(candidate, 'bin/elasticsearch'))) return candidate;
  return undefined;
}

/** Before the command of an engine, which refuses root; empty for another user. Then its files must belong to nobody. */
export const asNobody: readonly string[] =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [];

async function newestJava(): Promise<string | undefined> {
  const known = await readdir('/usr/lib/jvm').catch(() => []);
  const homes = [process.env['ES_JAVA_HOME'] ?? [], known.map((name) => join('/usr/lib/jvm', name))].flat();
  for (const home of homes) {
    const release = await readFile(join(home, 'release'), 'utf8').catch(() => '');
    if (Number(/^JAVA_VERSION="(\d+)/m.exec(release)?.[1] ?? 0) >= 21) return home;
  }
  return undefined;
}

/** Starts one node and installs the service's index template without replicas: one node has no place for them. */
export async function startEngine(installation: Installation): Promise<TestEngine> {
  const engine = await startEngines(installation, 1);
  try {
    await installTemplate(engine.url);
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}

/** Settings of the engine beside those of every test. */
type Settings = Readonly<Record<string, string | number | boolean>>;

/** Starts a cluster of `count` nodes; `javaOptions` and `settings` win over those of the installation. */
export async function startEngines(
  installation: Installation,
  count: number,
  javaOptions = '',
  settings: Settings = {},
): Promise<TestEngine> {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-engine-'));
  const nodes: Node[] = [];
  for (let at = 0; at < count; at += 1) {
    nodes.push({ name: `n${at + 1}`, httpPort: await freePort(), transportPort: await freePort() });
  }
  let processes: ChildProcess[] = [];
  let home = '';
  const urls = nodes.map(({ httpPort }) => `http://127.0.0.1:${httpPort}`);
  const sweep = () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', sweep);
  const engine: TestEngine = {
    url: urls[0] as string,
    urls,
    get pids() {
      return processes.map((process_) => process_.pid as number);
    },
    async halt() {
      await Promise.all(processes.map(ended));
    },
    async resume() {
      processes = [];
      for (const node of nodes)
        processes.push(
          await launch({ home, javaHome: installation.javaHome, directory, node, nodes, javaOptions, settings }),
        );
      await Promise.all(
        urls.map((url, at) =>
          answers(`${url}/_cluster/health?wait_for_nodes=${count}&timeout=1s`, processes[at] as ChildProcess),
        ),
      );
    },
    async stop() {
      await engine.halt();
      process.off('exit', sweep);
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    home = await readableHome(installation.home, directory);
    await engine.resume();
    return engine;
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

interface Node {
  readonly name: string;
  readonly httpPort: number;
  readonly transportPort: number;
}

interface Launch extends Installation {
  readonly directory: string;
  readonly node: Node;
  readonly nodes: readonly Node[];
  readonly javaOptions: string;
  readonly settings: Settings;
}

const isRoot = process.getuid?.() === 0;

/** The engine refuses root; whoever it runs as instead must be able to read it, which the home of root forbids. */
async function readableHome(home: string, directory: string): Promise<string> {
  if (!isRoot) return home;
  await cp(home, join(directory, 'home'), { recursive: true, dereference: true });
  return join(directory, 'home');
}

async function launch({
  home,
  javaHome,
  directory,
  node,
  nodes,
  javaOptions,
  settings: given,
}: Launch): Promise<ChildProcess> {
  const own = join(directory, node.name);
  await cp(join(home, 'config'), join(own, 'config'), { recursive: true, dereference: true });
  const settings = {
    'node.name': node.name,
    'cluster.name': 'service-test',
    'cluster.initial_master_nodes': nodes.map(({ name }) => name).join(','),
    'discovery.seed_hosts': nodes.map(({ transportPort }) => `127.0.0.1:${transportPort}`).join(','),
    'path.data': join(own, 'data'),
    'path.logs': join(own, 'logs'),
    'http.port': node.httpPort,
    'transport.port': node.transportPort,
    // A full disk of the developer is no reason to fail.
    'cluster.routing.allocation.disk.threshold_enabled': false,
    ...given,
  };
  const command = [
    ...asNobody,
    join(home, 'bin/elasticsearch'),
    ...Object.entries(settings).map(([key, value]) => `-E${key}=${value}`),
  ];
  if (isRoot) await run(['chown', '-R', 'nobody', directory]);
  return bound(
    spawn(command[0] as string, command.slice(1), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        ES_JAVA_HOME: javaHome,
        ES_PATH_CONF: join(own, 'config'),
        ES_JAVA_OPTS: `-Xms512m -Xmx512m ${javaOptions}`,
      },
    }),
  );
}

/** Ends the process with this one, also when this one is interrupted. */
export function bound<P extends ChildProcess>(child: P): P {
  const kill = () => child.kill('SIGKILL');
  // Before the hooks that remove what the process writes.
  process.prependOnceListener('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

async function installTemplate(url: string): Promise<void> {
  const text = await readFile(new URL('../../index-template.json', import.meta.url), 'utf8');
  const template = JSON.parse(text) as { template: { settings: { index: Record<string, unknown> } } };
  template.template.settings.index['number_of_replicas'] = 0;
  const answer = await fetch(`${url}/_index_template/documents`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(template),
  });
  if (!answer.ok) throw new Error(`The engine refused the index template: ${await answer.text()}`);
  // Made beforehand: on a busy machine the first write would wait for it long enough to be sent twice.
  await (await fetch(`${url}/documents`, { method: 'PUT' })).text();
}

/** Polls until the URL answers 200; fails after ten minutes (an engine on a busy machine) or when the process has ended. */
export async function answers(url: string, process_: ChildProcess): Promise<void> {
  let said = '';
  process_.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const end = Date.now() + 600_000;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    if (process_.exitCode !== null)
      throw new Error(`The process behind ${url} ended with ${process_.exitCode}: ${said}`);
    if (Date.now() > end) throw new Error(`${url} did not answer within ten minutes.`);
    await sleep(100);
  }
}

/** SIGTERM, then SIGKILL after 30 s; resolves when the process is gone. */
export async function ended(process_: ChildProcess): Promise<void> {
  if (process_.exitCode !== null || process_.signalCode !== null) return;
  const gone = new Promise((resolve) => process_.once('exit', resolve));
  process_.kill('SIGTERM');
  const timer = setTimeout(() => process_.kill('SIGKILL'), 30_000);
  await gone;
  clearTimeout(timer);
}

async function run(command: readonly string[]): Promise<void> {
  const child = spawn(command[0] as string, command.slice(1), { stdio: 'inherit' });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${String(code)}`);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
