// The two implementations of the service as processes: this package from its sources, and the Flask example.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { access, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { answers, bound, ended } from './engine.ts';
import { freePort } from './free-port.ts';

export interface RunningService {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it wrote to both of its outputs so far. */
  readonly output: () => string;
  stop(): Promise<void>;
}

export interface Implementation {
  readonly name: 'node' | 'flask';
  /** The reason why it cannot run here, or undefined. Makes what it needs. */
  prepare(): Promise<string | undefined>;
  start(environment: Readonly<Record<string, string>>): Promise<RunningService>;
}

const packageDirectory = fileURLToPath(new URL('../../', import.meta.url));
const flaskDirectory = fileURLToPath(new URL('../../../../examples/flask-service/', import.meta.url));
/** Where the example's requirements are, once `flask.prepare()` has made it. */
export const virtualEnvironment = join(homedir(), '.cache/understudy/flask-service');

export const node: Implementation = {
  name: 'node',
  prepare: () => Promise.resolve(undefined),
  start: (environment) =>
    start({
      command: [process.execPath, '--conditions=understudy-source', join(packageDirectory, 'src/main.ts')],
      directory: packageDirectory,
      environment,
    }),
};

export const flask: Implementation = {
  name: 'flask',
  prepare: () => preparePython(flaskDirectory, virtualEnvironment),
  start: (environment) =>
    start({
      command: [join(virtualEnvironment, 'bin/gunicorn'), '-w', '2', '-b', '{address}', 'app:app'],
      directory: flaskDirectory,
      environment,
    }),
};

/** A virtual environment with what the requirements.txt of a directory asks for; or the reason why there is none. */
export async function preparePython(directory: string, environment: string): Promise<string | undefined> {
  const requirements = await readFile(join(directory, 'requirements.txt'), 'utf8');
  const mark = join(environment, 'installed.txt');
  if ((await readFile(mark, 'utf8').catch(() => '')) === requirements) return undefined;
  const run = promisify(execFile);
  try {
    await run('python3', ['-m', 'venv', environment]);
    const asked = ['-r', join(directory, 'requirements.txt')];
    await run(join(environment, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...asked]);
    await access(join(environment, 'bin/gunicorn'));
    await writeFile(mark, requirements);
    return undefined;
  } catch (error) {
    return `Flask could not be installed: ${(error as Error).message}`;
  }
}

interface Start {
  readonly command: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function start({ command, directory, environment }: Start): Promise<RunningService> {
  const port = await freePort();
  const [program, ...rest] = command.map((word) => word.replace('{address}', `127.0.0.1:${port}`));
  const child = bound(
    spawn(program as string, rest, {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PYTHONDONTWRITEBYTECODE: '1',
        HOST: '127.0.0.1',
        PORT: String(port),
        DRAIN_MS: '0',
        // Tests of who may call say so themselves.
        AUTH: 'public',
        ...environment,
      },
    }),
  );
  let output = '';
  const keep = (chunk: Buffer) => (output += chunk.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const url = `http://127.0.0.1:${port}`;
  const service = { url, process: child, output: () => output, stop: () => ended(child) };
  try {
    await answers(`${url}/healthz`, child);
  } catch (error) {
    await service.stop();
    throw new Error(`The service did not start: ${output}`, { cause: error });
  }
  return service;
}
