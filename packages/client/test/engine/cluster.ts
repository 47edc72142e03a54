// A real three-node Elasticsearch on loopback for failover trials: started in a folder of its own, killed and frozen by
// process id, and gone afterwards.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineHome } from './engine-home.ts';

export interface ClusterSpec {
  readonly nodes: number;
  /** First HTTP port; the transport ports are 100 above. */
  readonly port: number;
  readonly settings?: readonly string[];
}

const names = ['n1', 'n2', 'n3', 'n4', 'n5'];

export class EngineCluster {
  readonly urls: readonly string[];
  readonly #engine: EngineHome;
  readonly #spec: ClusterSpec;
  readonly #folder: string;
  readonly #home: string;
  readonly #running = new Map<number, ChildProcess>();

  constructor(engine: EngineHome, spec: ClusterSpec) {
    this.#engine = engine;
    this.#spec = spec;
    this.#folder = mkdtempSync(join(tmpdir(), 'understudy-client-'));
    chmodSync(this.#folder, 0o777);
    this.#home = join(this.#folder, 'engine');
    this.urls = names.slice(0, spec.nodes).map((_, i) => `http://127.0.0.1:${spec.port + i}`);
  }

  /** Starts every node and waits until all have joined. */
  async start(): Promise<void> {
    // A copy of its own: readable for the user it runs as, and safe from whoever tidies the cache meanwhile.
    cpSync(realpathSync(this.#engine.home), this.#home, { recursive: true });
    for (let i = 0; i < this.#spec.nodes; i++) this.startNode(i);
    await this.waitFor(this.#spec.nodes);
  }

  startNode(i: number): void {
    const name = names[i] ?? 'n';
    const folder = join(this.#folder, name);
    const fresh = mkdirSync(join(folder, 'data'), { recursive: true }) !== undefined;
    if (fresh) {
      cpSync(join(this.#home, 'config'), join(folder, 'config'), { recursive: true });
      for (const one of ['', 'data', 'config']) chmodSync(join(folder, one), 0o777);
    }
    const all = names.slice(0, this.#spec.nodes);
    const seeds = all.map((_, j) => `127.0.0.1:${this.#spec.port + 100 + j}`).join(',');
    const settings = [
      `node.name=${name}`,
      `cluster.name=client-${this.#spec.port}`,
      `cluster.initial_master_nodes=${all.join(',')}`,
      `discovery.seed_hosts=${seeds}`,
      `path.data=${join(folder, 'data')}`,
      `path.logs=${join(folder, 'logs')}`,
      `http.port=${this.#spec.port + i}`,
      `transport.port=${this.#spec.port + 100 + i}`,
      ...(this.#spec.settings ?? []),
    ].map((setting) => `-E${setting}`);
    const out = openSync(join(this.#folder, `${name}.out`), 'a');
    // The engine refuses to run as root; `nobody` needs no account of its own.
    const drop = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const child = spawn(join(this.#home, 'bin/elasticsearch'), settings, {
      cwd: folder,
      stdio: ['ignore', out, out],
      env: {
        PATH: process.env['PATH'],
        ES_JAVA_HOME: this.#engine.javaHome,
        ES_PATH_CONF: join(folder, 'config'),
        ES_JAVA_OPTS: '-Xms512m -Xmx512m',
      },
      ...drop,
    });
    // One that cannot be started, or ends by itself, is not running; `waitFor` then says that it is missing.
    child.on('error', () => this.#running.delete(i));
    child.on('exit', () => {
      if (this.#running.get(i) === child) this.#running.delete(i);
    });
    this.#running.set(i, child);
  }

  /** Sends a signal to node `i`. */
  signal(i: number, signal: NodeJS.Signals): void {
    this.#running.get(i)?.kill(signal);
  }

  /** Stops node `i` as a service manager would, and waits for its end. */
  async stopNode(i: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#running.get(i);
    if (!child) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await ended;
    this.#running.delete(i);
  }

  /** Index of the elected master. */
  async master(): Promise<number> {
    const rows = (await this.ask('/_cat/master?format=json')) as { node: string }[];
    return names.indexOf(rows[0]?.node ?? '');
  }

  /** Waits for `nodes` members and, when `health` is given, for that colour. */
  async waitFor(nodes: number, health = 'green', withinMs = 180_000): Promise<void> {
    const until = performance.now() + withinMs;
    const path = `/_cluster/health?wait_for_nodes=${nodes}&wait_for_status=${health}&timeout=1s`;
    while (performance.now() < until && this.#running.size > 0) {
      const answer = (await this.ask(path).catch(() => undefined)) as { timed_out?: boolean } | undefined;
      if (answer?.timed_out === false) return;
      await sleep(200);
    }
    throw new Error(
      `The cluster did not have ${nodes} nodes and ${health} within ${withinMs} ms; logs are in ${this.#folder}.`,
    );
  }

  /** A question outside of the client under test, to whichever node answers. */
  async ask(path: string, method = 'GET', body?: unknown): Promise<unknown> {
    let last: unknown;
    for (const i of this.#running.keys()) {
      try {
        const init =
          body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
        const response = await fetch(`${this.urls[i] ?? ''}${path}`, {
          method,
          signal: AbortSignal.timeout(method === 'GET' ? 3000 : 60_000),
          ...init,
        });
        if (response.ok) return await response.json();
        last = new Error(`${path}: ${response.status} ${await response.text()}`);
      } catch (error) {
        last = error;
      }
    }
    throw last instanceof Error ? last : new Error('No node answered.');
  }

  /** Ends every node and removes the folder. */
  async stop(): Promise<void> {
    for (const i of [...this.#running.keys()]) {
      this.signal(i, 'SIGCONT');
      await this.stopNode(i, 'SIGKILL');
    }
    // Kept on request, to see in the engines' logs what they did.
    if (process.env['KEEP_ENGINE_LOGS'] === undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}
