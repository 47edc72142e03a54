// A real search engine of a few nodes on loopback, whose nodes are stopped, killed, upgraded and removed one by one.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dialectOf } from '../../src/engines/index.ts';
import { directTransport, type RunningCluster } from '../../src/cluster/index.ts';
import { systemClock } from '@understudy/foundation';
import { answers, asNobody, bound, ended, findEngine, keptHomes } from '../../../service/test/harness/engine.ts';
import { freePort } from '../../../service/test/harness/free-port.ts';

interface Node {
  readonly name: string;
  readonly httpPort: number;
  readonly transportPort: number;
  process?: ChildProcess;
}

const found = await findEngine();

const kept = await keptHomes('elasticsearch');

/** What clusters are made of, and, when there is one, an older engine that can be upgraded to it. Nothing is downloaded. */
export const usualHome =
  process.env['UNDERSTUDY_ENGINE_HOME'] ?? kept[0] ?? ('missing' in found ? undefined : found.home);
export const olderHome = process.env['UNDERSTUDY_OLDER_ENGINE_HOME'] ?? kept[1];

/** Why there is no engine to test with, for `skip`; false when there is one. */
export const noEngine: string | false = 'missing' in found ? found.missing : false;
export const noOlderEngine: string | false =
  noEngine ||
  (olderHome === undefined && 'no second engine: set UNDERSTUDY_OLDER_ENGINE_HOME to the home of an older one');

export class RealCluster implements AsyncDisposable {
  readonly #nodes = new Map<string, Node>();
  readonly #homes = new Map<string, string>();
  readonly #initial: readonly string[];
  readonly #folder: string;

  private constructor(folder: string, initial: readonly string[]) {
    this.#folder = folder;
    this.#initial = initial;
    process.once('exit', this.#sweep);
  }

  readonly #sweep = (): void => rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });

  static async start(names: readonly string[], home?: string): Promise<RealCluster> {
    const cluster = new RealCluster(await mkdtemp(join(tmpdir(), 'understudy-cluster-')), names);
    try {
      for (const name of names) await cluster.#add(name);
      for (const name of names) await cluster.start(name, home);
      await cluster.awaitNodes(names.length);
      return cluster;
    } catch (error) {
      const last = names.map(
        (name) => `${name}: ${readFileSync(join(cluster.#folder, `${name}.out`), 'utf8').slice(-2000)}`,
      );
      await cluster[Symbol.asyncDispose]();
      throw new Error(`The engines did not start. ${last.join('\n')}`, { cause: error });
    }
  }

  async #add(name: string): Promise<void> {
    this.#nodes.set(name, { name, httpPort: await freePort(), transportPort: await freePort() });
  }

  /** Starts a node that does not run, one more when the name is new; does not wait for it. */
  async start(name: string, home?: string): Promise<void> {
    if ('missing' in found) throw new Error(found.missing);
    if (!this.#nodes.has(name)) await this.#add(name);
    const node = this.#nodes.get(name) as Node;
    const own = join(this.#folder, name);
    const engine = await this.#readable(home ?? usualHome ?? found.home);
    if (!(await stat(own).catch(() => undefined))) {
      await cp(join(engine, 'config'), join(own, 'config'), { recursive: true, dereference: true });
      if (asNobody.length > 0) execFileSync('chown', ['-R', 'nobody', this.#folder]);
    }
    const seeds = [...this.#nodes.values()].map(({ transportPort }) => `127.0.0.1:${transportPort}`);
    const settings = {
      'node.name': name,
      'cluster.name': 'real-cluster-test',
      'cluster.initial_master_nodes': this.#initial.join(','),
      'discovery.seed_hosts': seeds.join(','),
      'path.data': join(own, 'data'),
      'path.logs': join(own, 'logs'),
      'http.port': node.httpPort,
      'transport.port': node.transportPort,
      // An older home may have been built without the security modules, and has no setting for them in its configuration.
      ...(existsSync(join(engine, 'modules/x-pack-security')) && { 'xpack.security.enabled': false }),
    };
    const options = Object.entries(settings).map(([key, value]) => `-E${key}=${value}`);
    const command = ['nice', '-n', '5', ...asNobody, join(engine, 'bin/elasticsearch'), ...options];
    const out = openSync(`${own}.out`, 'a');
    node.process = bound(
      spawn(command[0] as string, command.slice(1), {
        stdio: ['ignore', out, out],
        env: {
          PATH: process.env['PATH'],
          ES_JAVA_HOME: found.javaHome,
          ES_PATH_CONF: join(own, 'config'),
          ES_JAVA_OPTS: '-Xms512m -Xmx512m -XX:TieredStopAtLevel=1',
        },
      }),
    );
    closeSync(out);
  }

  async #readable(home: string): Promise<string> {
    if (asNobody.length === 0) return home;
    const copied = this.#homes.get(home) ?? join(this.#folder, `home-${this.#homes.size}`);
    if (!this.#homes.has(home)) {
      await cp(home, copied, { recursive: true, dereference: true });
      execFileSync('chown', ['-R', 'nobody', this.#folder]);
    }
    this.#homes.set(home, copied);
    return copied;
  }

  /** As a service manager does it: SIGTERM, and done when the process has ended. */
  async stop(name: string): Promise<void> {
    const { process: running } = this.#nodes.get(name) as Node;
    if (running) await ended(running);
  }

  /** As a power cut does it to the process alone. */
  kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#nodes.get(name)?.process?.kill(signal);
  }

  /** The machine with its data is gone for good. */
  async remove(name: string): Promise<void> {
    await this.stop(name);
    await rm(join(this.#folder, name), { recursive: true, force: true });
  }

  runs(name: string): boolean {
    const { process: running } = this.#nodes.get(name) ?? {};
    return running !== undefined && running.exitCode === null && running.signalCode === null;
  }

  dataOf(name: string): string {
    return join(this.#folder, name, 'data');
  }

  url(name: string): string {
    return `http://127.0.0.1:${this.#nodes.get(name)?.httpPort ?? 0}`;
  }

  /** The cluster as the product's orders take it. */
  running(version = '9.5.3'): RunningCluster {
    const urls = Object.fromEntries([...this.#nodes.keys()].map((name) => [name, this.url(name)]));
    return {
      transport: directTransport(urls, fetch),
      dialect: dialectOf({ engine: 'elasticsearch', version }),
      clock: systemClock,
    };
  }

  async awaitNodes(count: number): Promise<void> {
    const alive = [...this.#nodes.values()].filter(({ name }) => this.runs(name));
    const query = `wait_for_nodes=${count}&wait_for_status=yellow&timeout=1s`;
    const waits = alive.map((node) =>
      answers(`${this.url(node.name)}/_cluster/health?${query}`, node.process as ChildProcess),
    );
    await Promise.all(waits);
  }

  /** A question of the test itself: refused is an error. */
  async ask<Body = unknown>(method: string, path: string, body?: object | string): Promise<Body> {
    const node = [...this.#nodes.keys()].find((name) => this.runs(name)) ?? '';
    const lines = typeof body === 'string';
    const response = await fetch(`${this.url(node)}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : {
            body: lines ? body : JSON.stringify(body),
            headers: { 'content-type': lines ? 'application/x-ndjson' : 'application/json' },
          }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text === '' ? '{}' : text) as Body;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#nodes.keys()].map((name) => this.stop(name)));
    process.off('exit', this.#sweep);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
