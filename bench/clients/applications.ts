// The applications of the comparison as processes: two servers of four workers, as the article deploys its own, and the gateway between
// them and the engines. They start for one run, in the network namespace of the run, where every port is free.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { flask, preparePython, virtualEnvironment } from '../../packages/service/test/harness/implementations.ts';
import { index, type ApplicationName } from './contenders.ts';
import { writeInfinilabsConfiguration } from './infinilabs.ts';

interface Kind {
  readonly directory: string;
  /** The virtual environment that it runs in. */
  readonly python: string;
  readonly gateway: 'none' | 'ours' | 'infinilabs';
}

const article = {
  directory: fileURLToPath(new URL('./article', import.meta.url)),
  python: join(homedir(), '.cache/understudy/article-flask'),
};
const example = {
  directory: fileURLToPath(new URL('../../examples/flask-service', import.meta.url)),
  python: virtualEnvironment,
};
const kinds: Readonly<Record<ApplicationName, Kind>> = {
  'article-flask': { ...article, gateway: 'none' },
  'article-flask-gateway': { ...article, gateway: 'ours' },
  'flask-example': { ...example, gateway: 'none' },
  'flask-example-gateway': { ...example, gateway: 'ours' },
  infinilabs: { ...article, gateway: 'infinilabs' },
};

const gatewayMain = fileURLToPath(new URL('../../packages/gateway/src/main.ts', import.meta.url));
/** Where both applications look for an engine when they are told nothing. */
const gatewayAddress = '127.0.0.1:9200';
const ports = [5001, 5002] as const;
const startWithinMs = 60_000;

/** Makes what the applications need, over the network. Rejects when that fails. */
export async function prepareApplications(names: readonly ApplicationName[]): Promise<void> {
  for (const name of names) {
    const { directory, python } = kinds[name];
    const missing = directory === example.directory ? await flask.prepare() : await preparePython(directory, python);
    if (missing !== undefined) throw new Error(`${name} cannot be measured: ${missing}`);
  }
}

export interface ApplicationRequest {
  readonly name: ApplicationName;
  readonly engines: readonly string[];
  /** The node of the fault: without a gateway one of the article's two servers has it as its ES_HOST. */
  readonly faultAt: number;
  /** Where the outputs of the processes and the other gateway's data go. */
  readonly folder: string;
  /** The program of the other gateway; it is needed for `infinilabs` only. */
  readonly infinilabs: string | undefined;
}

export interface Application {
  /** Of its servers. */
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

/** Resolves when the gateway, if there is one, and both servers answer. Rejects after a minute without an answer, and ends what it started. */
export async function startApplication(request: ApplicationRequest): Promise<Application> {
  const { name, folder } = request;
  // gunicorn keeps a socket in the home directory.
  const home = { HOME: folder };
  const programs: Program[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop()));
  };
  const start = async (url: string, ...args: ConstructorParameters<typeof Program>): Promise<string> => {
    const program = new Program(...args);
    programs.push(program);
    await program.answers(url);
    return url;
  };
  try {
    const gateway = gatewayCommand(request);
    if (gateway) await start(`http://${gatewayAddress}`, gateway, folder, home, join(folder, `${name}.gateway.log`));
    const { directory } = kinds[name];
    const urls = ports.map((port, server) => {
      const environment = { ...home, ...engineOf(request, server) };
      const log = join(folder, `${name}.${server + 1}.log`);
      return start(`http://127.0.0.1:${port}`, serverCommand(name, port), directory, environment, log);
    });
    return { urls: await Promise.all(urls), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function gatewayCommand({ name, engines, folder, infinilabs }: ApplicationRequest): readonly string[] | undefined {
  const { gateway } = kinds[name];
  if (gateway === 'none') return undefined;
  if (gateway === 'infinilabs') {
    if (infinilabs === undefined) throw new Error('infinilabs: its program is needed; give --infinilabs.');
    return [infinilabs, '-config', writeInfinilabsConfiguration({ folder, engines, listen: gatewayAddress })];
  }
  // Each failure and each hundredth request are in its log.
  const options = ['--engine', engines.join(','), '--listen', gatewayAddress, '--log-every', '100'];
  return [process.execPath, '--conditions=understudy-source', gatewayMain, ...options];
}

function serverCommand(name: ApplicationName, port: number): readonly string[] {
  return [join(kinds[name].python, 'bin/gunicorn'), '-w', '4', '-b', `127.0.0.1:${port}`, 'app:app'];
}

/** Behind a gateway no application is told where an engine is. Without one the article's knows one node, the example all. */
function engineOf({ name, engines, faultAt }: ApplicationRequest, server: number): Readonly<Record<string, string>> {
  const common = { INDEX: index, DRAIN_MS: '0', AUTH: 'public' };
  if (kinds[name].gateway !== 'none') return common;
  return { ...common, ES_HOST: engines[(faultAt + server) % engines.length] ?? '', ES_HOSTS: engines.join(',') };
}

/** A process with those that it starts, in a process group of its own. */
class Program {
  readonly #process: ChildProcess;
  readonly #log: string;

  constructor(command: readonly string[], cwd: string, environment: Readonly<Record<string, string>>, log: string) {
    const output = openSync(log, 'a');
    this.#log = log;
    this.#process = spawn(command[0] ?? '', command.slice(1), {
      cwd,
      detached: true,
      stdio: ['ignore', output, output],
      env: { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1', ...environment },
    });
    this.#process.on('error', () => undefined);
    closeSync(output);
  }

  get #ended(): boolean {
    const { pid, exitCode, signalCode } = this.#process;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  /** Resolves at its first answer, whatever its status: the article's application has no path that says that it is ready. */
  async answers(url: string): Promise<void> {
    for (const end = performance.now() + startWithinMs; ; await sleep(100)) {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
      await answer?.arrayBuffer();
      if (answer) return;
      if (this.#ended || performance.now() > end)
        throw new Error(
          `Nothing answered at ${url} within ${startWithinMs / 1000} s; ${this.#log} has the reason, with --keep.`,
        );
    }
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    const gone = once(this.#process, 'exit');
    process.kill(-(this.#process.pid as number), 'SIGKILL');
    await gone;
  }
}
