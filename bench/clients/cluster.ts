// Three real Elasticsearch nodes, each on a machine of its own of the run's network: started in a folder of their own, killed
// and frozen by process id, and removed with the run.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dialectOf } from '../../packages/understudy/src/engines/index.ts';
import { directTransport, restartNode } from '../../packages/understudy/src/cluster/index.ts';
import { systemClock } from '@understudy/foundation';
import type { Installation } from '../../packages/service/test/harness/engine.ts';
import { engineProfile, createNetwork, Machine } from './network.ts';

const names = ['n1', 'n2', 'n3'];
const httpPort = 9200;
const transportPort = 9300;

export class EngineCluster {
  readonly machines: readonly Machine[];
  readonly urls: readonly string[];
  readonly #engine: Installation;
  readonly #folder: string;
  readonly #home: string;
  readonly #running = new Map<number, ChildProcess>();

  /** @param folder an existing folder that the caller removes. */
  constructor(engine: Installation, folder: string) {
    this.#engine = engine;
    this.#folder = folder;
    this.#home = join(folder, 'engine');
    this.machines = names.map((_, at) => new Machine(at, names.length));
    this.urls = this.machines.map(({ address }) => `http://${address}:${httpPort}`);
  }

  /** Starts every node and waits until all have joined. */
  async start(): Promise<void> {
    chmodSync(this.#folder, 0o777);
    // A copy of its own: readable for the user it runs as, and not removed when the cache is cleaned.
    cpSync(realpathSync(this.#engine.home), this.#home, { recursive: true });
    declareContainer();
    createNetwork(names.length);
    await Promise.all(this.machines.map((machine) => machine.attachMachine()));
    this.machines.forEach((_, at) => this.startNode(at));
    await this.waitFor(names.length);
  }

  startNode(at: number): void {
    const name = names[at] ?? '';
    const machine = this.machines[at] as Machine;
    const folder = join(this.#folder, name);
    const fresh = mkdirSync(join(folder, 'data'), { recursive: true }) !== undefined;
    if (fresh) {
      cpSync(join(this.#home, 'config'), join(folder, 'config'), { recursive: true });
      for (const one of ['', 'data', 'config']) chmodSync(join(folder, one), 0o777);
    }
    const settings = [
      `node.name=${name}`,
      'cluster.name=clients',
      `cluster.initial_master_nodes=${names.join(',')}`,
      `discovery.seed_hosts=${this.machines.map(({ address }) => `${address}:${transportPort}`).join(',')}`,
      `path.data=${join(folder, 'data')}`,
      `path.logs=${join(folder, 'logs')}`,
      `network.host=${machine.address}`,
      `http.port=${httpPort}`,
      `transport.port=${transportPort}`,
      // A full disk of this host is no fault of the cluster.
      'cluster.routing.allocation.disk.threshold_enabled=false',
      ...engineProfile,
    ].map((setting) => `-E${setting}`);
    // The engine refuses to run as root; `nobody` exists on every host.
    const commandAsNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const limits = ['sh', '-c', 'ulimit -n 65535 2>/dev/null; exec "$@"', 'sh'];
    const command = [...machine.within, ...limits, ...commandAsNobody, join(this.#home, 'bin/elasticsearch')];
    const out = openSync(join(this.#folder, `${name}.out`), 'a');
    const child = spawn(command[0] as string, [...command.slice(1), ...settings], {
      cwd: folder,
      stdio: ['ignore', out, out],
      env: {
        PATH: process.env['PATH'],
        ES_JAVA_HOME: this.#engine.javaHome,
        ES_PATH_CONF: join(folder, 'config'),
        // The second compiler of three engines takes most of a small host for minutes, and nothing runs that long here.
        ES_JAVA_OPTS: '-Xms512m -Xmx512m -XX:TieredStopAtLevel=1',
      },
    });
    // One that cannot be started, or ends by itself, is not running; `waitFor` then says that it is missing.
    child.on('error', () => this.#running.delete(at));
    child.on('exit', () => {
      if (this.#running.get(at) === child) this.#running.delete(at);
    });
    this.#running.set(at, child);
  }

  /** Sends a signal to a node. */
  signal(at: number, signal: NodeJS.Signals): void {
    this.#running.get(at)?.kill(signal);
  }

  /** Stops a node as a service manager would, and waits for its end. */
  async stopNode(at: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#running.get(at);
    if (!child) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await ended;
    this.#running.delete(at);
  }

  /** Restarts a node as the product does it; resolves when the cluster is complete again, and calls `joined` when it is a member. */
  async restartNode(at: number, joined: () => void): Promise<void> {
    const urls = Object.fromEntries(names.map((name, index) => [name, this.urls[index] ?? '']));
    const dialect = dialectOf({ engine: 'elasticsearch', version: await this.#version() });
    await restartNode(
      { transport: directTransport(urls, fetch), dialect, clock: systemClock },
      {
        node: names[at] ?? '',
        nodes: names.length,
        stop: () => this.stopNode(at),
        start: async () => {
          this.startNode(at);
          await this.waitForRejoin(at);
          joined();
        },
      },
    );
  }

  /** Requested from the nodes: `/` belongs to a module that not every installation has. */
  async #version(): Promise<string> {
    const { nodes } = (await this.ask('/_nodes?filter_path=nodes.*.version')) as {
      nodes: Record<string, { version: string }>;
    };
    return Object.values(nodes)[0]?.version ?? '';
  }

  /** Power cut: the network is removed first, then the processes are killed. */
  async cutPower(at: number): Promise<void> {
    this.machines[at]?.unplug();
    await this.stopNode(at, 'SIGKILL');
    this.machines[at]?.detachMachine();
  }

  /** Starts and resumes everything again, whatever the fault left. */
  async restore(): Promise<void> {
    for (const [at, machine] of this.machines.entries()) {
      if (!machine.powered) await machine.attachMachine();
      if (!this.#running.has(at)) this.startNode(at);
    }
    await this.waitFor(names.length);
  }

  /** The elected master. */
  async master(): Promise<number> {
    const rows = (await this.ask('/_cat/master?format=json')) as { node: string }[];
    return names.indexOf(rows[0]?.node ?? '');
  }

  /** For each shard of `index`: the machines of its primary and of its replica. */
  async copies(index: string): Promise<readonly { readonly primary: number; readonly replica: number }[]> {
    type Row = Readonly<Record<'shard' | 'prirep' | 'node', string>>;
    const rows = (await this.ask(`/_cat/shards/${index}?format=json&h=shard,prirep,node`)) as readonly Row[];
    const at = (shard: number, kind: string): number =>
      names.indexOf(rows.find((row) => Number(row.shard) === shard && row.prirep === kind)?.node ?? '');
    return [...new Set(rows.map((row) => Number(row.shard)))]
      .sort((a, b) => a - b)
      .map((shard) => ({ primary: at(shard, 'p'), replica: at(shard, 'r') }));
  }

  /** Waits for `nodes` members and, when `health` is given, for that colour. */
  async waitFor(nodes: number, health = 'green', withinMs = 240_000): Promise<void> {
    const until = performance.now() + withinMs;
    const path = `/_cluster/health?wait_for_nodes=${nodes}&wait_for_status=${health}&wait_for_no_relocating_shards=true&timeout=1s`;
    while (performance.now() < until) {
      const answer = (await this.ask(path).catch(() => undefined)) as { timed_out?: boolean } | undefined;
      if (answer?.timed_out === false) return;
      if (this.#running.size === 0) break;
      await sleep(200);
    }
    throw new Error(
      `The cluster did not have ${nodes} nodes and ${health} within ${withinMs / 1000} s; ${this.#running.size} are running. ` +
        "Keep the engines' logs with --keep and read them.",
    );
  }

  /** Waits until a node that was away is a member again: it follows a master, and that master counts every node. */
  async waitForRejoin(at: number, withinMs = 240_000): Promise<void> {
    const until = performance.now() + withinMs;
    const url = this.urls[at] ?? '';
    const other = this.urls[(at + 1) % this.urls.length] ?? '';
    const masterAccordingTo = async (node: string): Promise<string | null | undefined> => {
      const answer = await read(`${node}/_cluster/state/master_node`).catch(() => undefined);
      return (answer as { master_node?: string | null } | undefined)?.master_node;
    };
    while (performance.now() < until) {
      const [own, others] = await Promise.all([masterAccordingTo(url), masterAccordingTo(other)]);
      if (typeof own === 'string' && own === others) {
        const health = (await read(`${other}/_cluster/health?local=true`).catch(() => undefined)) as
          { number_of_nodes?: number } | undefined;
        if (health?.number_of_nodes === this.urls.length) return;
      }
      await sleep(50);
    }
    throw new Error(`${names[at] ?? ''} was not back in the cluster within ${withinMs / 1000} s.`);
  }

  /** A request outside of the clients under test, to any node that answers. */
  async ask(path: string, method = 'GET', body?: unknown): Promise<unknown> {
    let last: unknown;
    for (const url of this.urls) {
      try {
        return await read(`${url}${path}`, method, body);
      } catch (error) {
        last = error;
      }
    }
    throw last instanceof Error ? last : new Error('No node answered.');
  }
}

/**
 * Where the host does not let anyone raise the limit of open files, the engine's launcher warns in a container and refuses elsewhere.
 * The namespaces of a run are equivalent to a container; the marker is on a mount that no other process sees.
 */
function declareContainer(): void {
  execFileSync('sh', [
    '-ec',
    'mkdir -p /run/systemd; mount -t tmpfs tmpfs /run/systemd; echo bench > /run/systemd/container',
  ]);
}

async function read(url: string, method = 'GET', body?: unknown): Promise<unknown> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json';
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(method === 'GET' ? 3000 : 20_000),
    ...(body === undefined ? {} : { body: text, headers: { 'content-type': type } }),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return await response.json();
}
