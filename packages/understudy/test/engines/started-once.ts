// Starts one node of a real engine with given settings and says why it ended, or that it has started.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asNobody, bound, ended } from '../../../service/test/harness/engine.ts';
import { freePort } from '../../../service/test/harness/free-port.ts';
import type { Engine } from '../../src/engines/index.ts';
import type { StartCase } from './start-refusal-cases.ts';

/** Of no password; the server looks at its form. */
const passwordHash = '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';

const prefixes: Readonly<Record<Engine, string>> = { elasticsearch: 'ES', opensearch: 'OPENSEARCH' };

/** The log of the node; each engine writes another line when it is up. */
const started: Readonly<Record<Engine, RegExp>> = { elasticsearch: /\] started \{/, opensearch: /\] started/ };

export class StartedOnce implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #folder: string;
  readonly #javaHome: string;

  private constructor(engine: Engine, folder: string, javaHome: string) {
    this.#engine = engine;
    this.#folder = folder;
    this.#javaHome = javaHome;
  }

  /** A copy of the installation with a key, its certificate, and a key that only root can read. Only root can make that. */
  static async make(engine: Engine, installation: string, javaHome: string): Promise<StartedOnce> {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-start-'));
    const home = join(folder, 'home');
    await cp(installation, home, { recursive: true, dereference: true });
    const certs = join(home, 'config/certs');
    await mkdir(certs);
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'node.key', '-out', 'node.crt'];
    execFileSync('openssl', [...request, '-days', '2', '-subj', '/CN=n1'], { cwd: certs, stdio: 'ignore' });
    execFileSync('chown', ['-R', 'nobody', folder]);
    await cp(join(certs, 'node.key'), join(certs, 'root.key'));
    await chmod(join(certs, 'root.key'), 0o600);
    return new StartedOnce(engine, folder, javaHome);
  }

  /** What the server said before it ended; undefined when it has started. */
  async start({ settings, entries }: StartCase): Promise<string | undefined> {
    const engine = this.#engine;
    const home = join(this.#folder, 'home');
    const own = await mkdtemp(join(this.#folder, 'node-'));
    const config = join(own, 'config');
    await cp(join(home, 'config'), config, { recursive: true, preserveTimestamps: true });
    const ports = `http.port: ${await freePort()}\ntransport.port: ${await freePort()}`;
    const paths = `path.data: ${join(own, 'data')}\npath.logs: ${join(own, 'logs')}`;
    await writeFile(join(config, `${engine}.yml`), `node.name: n1\n${paths}\n${ports}\n${settings}\n`);
    execFileSync('chown', ['-R', 'nobody', own]);
    execFileSync('chown', ['root', join(config, 'certs/root.key')]);
    const prefix = prefixes[engine];
    const environment = {
      PATH: process.env['PATH'],
      [`${prefix}_JAVA_HOME`]: this.#javaHome,
      [`${prefix}_PATH_CONF`]: config,
    };
    const [program, ...words] = [...asNobody, join(home, 'bin', engine)];
    if (engine === 'elasticsearch') this.#keystore(entries, program, words.slice(0, -1), environment);
    const env = { ...environment, [`${prefix}_JAVA_OPTS`]: '-Xms400m -Xmx400m -XX:TieredStopAtLevel=1' };
    const child = bound(spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const log = join(own, `logs/${engine}.log`);
    const hasStarted = (): boolean => existsSync(log) && started[engine].test(readFileSync(log, 'utf8'));
    for (let attempt = 0; attempt < 900 && child.exitCode === null && !hasStarted(); attempt += 1) await sleep(200);
    if (child.exitCode !== null) return output + (existsSync(log) ? readFileSync(log, 'utf8') : '');
    const isUp = hasStarted();
    await ended(child);
    assert.ok(isUp, `neither started nor ended: ${output}`);
    return undefined;
  }

  #keystore(entries: readonly string[], program: string, before: readonly string[], env: NodeJS.ProcessEnv): void {
    const run = (...asked: string[]): void => {
      execFileSync(program, [...before, join(this.#folder, 'home/bin/elasticsearch-keystore'), ...asked], {
        env,
        input: asked.includes('autoconfiguration.password_hash') ? passwordHash : 'x',
        stdio: ['pipe', 'ignore', 'inherit'],
      });
    };
    run('create');
    for (const entry of entries) run('add', '--stdin', entry);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
