// A real engine of three nodes with its security module, on loopback, started with the very files that the tool writes for three
// machines: only the addresses of the VPC and the directories of the package are others. With `search.security: off` it has neither TLS
// nor users, for measurements.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asNobody, bound, ended, findEngine, keptHomes } from '../../../service/test/harness/engine.ts';
import type { EngineTransport } from '../../src/cluster/index.ts';
import { engineLayouts, tlsPaths, type Engine, type EngineLayout } from '../../src/engines/index.ts';
import { engineOverSsh, type EngineLogin } from '../../src/observe/index.ts';
import { certificateSubjectOf, filesOf, machinesFor, type Intent } from '../../src/operation/index.ts';
import { certificateScript, requestScript, type SystemSecurity } from '../../src/secure/index.ts';
import type { MachinePlan } from '../../src/topology/index.ts';

const found = await findEngine();

const securityModules: Readonly<Record<Engine, string>> = {
  elasticsearch: 'modules/x-pack-security',
  opensearch: 'plugins/opensearch-security',
};

async function securedHome(engine: Engine): Promise<string | undefined> {
  const given = process.env['UNDERSTUDY_SECURED_ENGINE_HOME'];
  for (const home of [given ?? [], await keptHomes(engine)].flat()) {
    if (await stat(join(home, securityModules[engine])).catch(() => undefined)) return home;
  }
  return undefined;
}

const homes = { elasticsearch: await securedHome('elasticsearch'), opensearch: await securedHome('opensearch') };

/** Why there is no such engine here, for `skip`. */
export function missingEngine(engine: Engine): string | false {
  if ('missing' in found) return found.missing;
  return (
    homes[engine] === undefined &&
    `no ${engine} with its security module: set UNDERSTUDY_SECURED_ENGINE_HOME to the home of one`
  );
}

const user = asNobody.length > 0 ? 'nobody' : (process.env['USER'] ?? '');

let started = 0;

/**
 * Every address of 127.0.0.0/8 is this host's; each cluster of each test process has some of its own. Ids of processes that run at the same
 * time differ in their last 13 bits: two that were alike modulo 200 met once.
 */
function ownRange(): string {
  const place = ((process.pid & 0x1fff) << 2) | (started++ & 3);
  return `127.${64 + (place >> 8)}.${place & 0xff}.`;
}

export class SecuredCluster implements AsyncDisposable {
  readonly machines: readonly MachinePlan[];
  readonly #folder: string;
  readonly #intent: Intent;
  readonly #javaOptions: string;
  /** `127.64.0.` */
  readonly #range = ownRange();
  readonly #processes = new Map<string, ChildProcess>();

  private constructor(folder: string, intent: Intent, javaOptions: string) {
    this.#folder = folder;
    this.#intent = intent;
    this.#javaOptions = javaOptions;
    this.machines = machinesFor(intent, 'search').map((machine) => ({
      ...machine,
      vpcAddress: machine.vpcAddress.replace(/^10\.20\.0\./, this.#range),
    }));
    process.once('exit', this.#sweep);
  }

  get #engine(): Engine {
    return this.#intent.topology.search.engine;
  }

  readonly #sweep = (): void => rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });

  /** Writes the files, issues the certificates and starts all nodes; resolves when they are one cluster. */
  static async start(intent: Intent, javaOptions = '-XX:TieredStopAtLevel=1'): Promise<SecuredCluster> {
    const cluster = new SecuredCluster(await mkdtemp(join(tmpdir(), 'understudy-secured-')), intent, javaOptions);
    await chmod(cluster.#folder, 0o755);
    try {
      await cp(homes[cluster.#engine] ?? '', join(cluster.#folder, 'home'), { recursive: true, dereference: true });
      for (const { label } of cluster.machines) {
        await cluster.#writeFiles(label);
        if (intent.security) await cluster.issue(label);
        cluster.run(label);
      }
      await cluster.awaitNodes(intent.security && cluster.login('operator'), 3);
      return cluster;
    } catch (error) {
      const last = cluster.machines.map(({ label }) => `${label}: ${cluster.output(label).slice(-3000)}`);
      await cluster[Symbol.asyncDispose]();
      throw new Error(`The engines did not form a cluster. ${last.join('\n')}`, { cause: error });
    }
  }

  #configOf(label: string): string {
    return join(this.#folder, label, 'config');
  }

  layout(label: string): EngineLayout {
    return { ...engineLayouts[this.#engine], user, configDirectory: this.#configOf(label) };
  }

  #local(label: string, text: string): string {
    return text.replaceAll(`/etc/${this.#engine}`, this.#configOf(label)).replaceAll('10.20.0.', this.#range);
  }

  async #writeFiles(label: string): Promise<void> {
    await cp(join(this.#folder, 'home/config'), this.#configOf(label), { recursive: true });
    const machine = machinesFor(this.#intent, 'search').find((one) => one.label === label)!;
    for (const { path, content, mode } of filesOf(this.#intent, machine, 'bootstrap')) {
      if (!path.startsWith(`/etc/${this.#engine}/`)) continue;
      const here = this.#local(label, path);
      await mkdir(dirname(here), { recursive: true });
      await writeFile(here, this.#local(label, content), { mode: parseInt(mode, 8) });
    }
  }

  /** By the tool's own scripts, with the authority of the intent or another one. */
  async issue(label: string, security: SystemSecurity = this.#intent.security!): Promise<string> {
    const subject = certificateSubjectOf(this.machines.find((one) => one.label === label)!);
    const sh = (script: string): string => execFileSync('sh', ['-s'], { input: script, encoding: 'utf8' });
    const layout = this.layout(label);
    const pem = await security.issue(sh(requestScript(layout, subject)), subject, Date.now());
    const script = certificateScript(layout, pem).replace(`${user}:${user}`, user);
    sh(user === 'nobody' ? script : script.replaceAll(/^chown .*$/gm, ''));
    return pem;
  }

  /** A script for a machine, on this host: its directories are below this folder, and its users are this one. */
  shell(label: string, script: string): { code: number; stdout: string; stderr: string } {
    const chown = user === 'nobody' ? 'chown nobody' : 'true';
    const owned = this.#local(label, script)
      .replaceAll('chown elasticsearch:elasticsearch', chown)
      .replaceAll('chown root:root', chown)
      .replaceAll('chown "$3"', chown);
    const { status, stdout, stderr } = spawnSync('sh', ['-s'], { input: owned, encoding: 'utf8' });
    return { code: status ?? 1, stdout, stderr };
  }

  /** Puts a secret setting into the node's keystore; what the engine can read again counts after `POST /_nodes/reload_secure_settings`. */
  addSecret(label: string, name: string, value: string): void {
    const environment = { ...process.env, ...this.#environment(label) };
    const tool = join(this.#folder, 'home/bin', `${this.#engine}-keystore`);
    execFileSync(tool, ['add', '--stdin', name], { input: value, env: environment });
    if (asNobody.length > 0) execFileSync('chown', ['-R', 'nobody', this.#configOf(label)]);
  }

  /** Of the engine's environment variables. */
  get #prefix(): string {
    return this.#engine === 'opensearch' ? 'OPENSEARCH' : 'ES';
  }

  #environment(label: string): Record<string, string> {
    if ('missing' in found) throw new Error(found.missing);
    return { [`${this.#prefix}_JAVA_HOME`]: found.javaHome, [`${this.#prefix}_PATH_CONF`]: this.#configOf(label) };
  }

  async trust(label: string, bundlePem: string): Promise<void> {
    await writeFile(tlsPaths(this.layout(label)).authority, bundlePem);
  }

  run(label: string): void {
    const own = join(this.#folder, label);
    const machine = this.machines.find((one) => one.label === label)!;
    if (asNobody.length > 0) execFileSync('chown', ['-R', 'nobody', own]);
    const moved = {
      // Three machines share this host's 127.0.0.1.
      'network.bind_host': machine.vpcAddress,
      'path.data': join(own, 'data'),
      'path.logs': join(own, 'logs'),
    };
    const options = Object.entries(moved).map(([key, value]) => `-E${key}=${value}`);
    const command = ['nice', '-n', '5', ...asNobody, join(this.#folder, 'home/bin', this.#engine), ...options];
    const out = openSync(`${own}.out`, 'a');
    const child = spawn(command[0] as string, command.slice(1), {
      stdio: ['ignore', out, out],
      env: {
        PATH: process.env['PATH'],
        ...this.#environment(label),
        [`${this.#prefix}_JAVA_OPTS`]: `-Xms512m -Xmx512m ${this.#javaOptions}`,
      },
    });
    this.#processes.set(label, bound(child));
    closeSync(out);
  }

  get pids(): number[] {
    return [...this.#processes.values()].map(({ pid }) => pid as number);
  }

  async stop(label: string): Promise<void> {
    const child = this.#processes.get(label);
    if (child) await ended(child);
  }

  /** Ends the process at once: it closes nothing. */
  async kill(label: string): Promise<void> {
    const child = this.#processes.get(label);
    if (!child || child.exitCode !== null) return;
    const end = once(child, 'exit');
    child.kill('SIGKILL');
    await end;
  }

  output(label: string): string {
    try {
      return readFileSync(join(this.#folder, `${label}.out`), 'utf8');
    } catch {
      return '';
    }
  }

  login(account: 'operator' | 'service' | 'monitor'): EngineLogin {
    const { bundlePem, accounts } = this.#intent.security!;
    return { bundlePem, user: `understudy-${account}`, password: accounts[account].password };
  }

  /** The tool's own way to the engines; its tunnel is a connection of this host. */
  transport(login: EngineLogin | undefined, labels = this.machines.map(({ label }) => label)): EngineTransport {
    const hosts = this.machines
      .filter(({ label }) => labels.includes(label))
      .map(({ label, vpcAddress }) => ({ target: { label, address: vpcAddress }, vpcAddress }));
    const tunnel = (_: object, { address, port }: { address: string; port: number }) => {
      const socket = connect(port, address);
      return new Promise<typeof socket>((resolve, reject) => {
        socket.once('connect', () => resolve(socket));
        socket.once('error', reject);
      });
    };
    return engineOverSsh({ tunnel }, hosts, login);
  }

  async awaitNodes(login: EngineLogin | undefined, count: number, labels?: readonly string[]): Promise<void> {
    const end = Date.now() + 300_000;
    const path = `/_cluster/health?wait_for_nodes=${count}&timeout=1s`;
    for (;;) {
      const answer = await this.transport(login, [...(labels ?? this.machines.map(({ label }) => label))])
        .request('GET', path, undefined, { timeoutMs: 5000 })
        .catch((error: unknown) => error as Error);
      if (!(answer instanceof Error) && answer.status === 200) return;
      const gone = [...this.#processes].find(
        ([, { exitCode }]) => exitCode !== null && exitCode !== 0 && exitCode !== 143,
      );
      if (gone) throw new Error(`the engine of ${gone[0]} ended with ${gone[1].exitCode}`);
      if (Date.now() > end)
        throw new Error(`no cluster of ${count} nodes: ${JSON.stringify(answer)}`, { cause: answer });
      await sleep(500);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((label) => this.stop(label)));
    process.off('exit', this.#sweep);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
