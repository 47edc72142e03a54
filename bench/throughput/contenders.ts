// The services that are compared, as processes: each with an index of its own in the same engine.
import { spawn, type ChildProcess } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildRelease } from '@understudy/service/release';
import { answers, bound, ended } from '../../packages/service/test/harness/engine.ts';
import { freePort } from '../../packages/service/test/harness/free-port.ts';
import { flask, virtualEnvironment } from '../../packages/service/test/harness/implementations.ts';

export type ContenderName = 'understudy' | 'not gathered' | 'bare fastify' | 'flask';

export interface Contender {
  readonly name: ContenderName;
  readonly about: string;
  readonly index: string;
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

interface Recipe {
  readonly name: ContenderName;
  readonly about: string;
  readonly directory: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

export async function recipes(workers: number): Promise<Recipe[]> {
  const missing = await flask.prepare();
  if (missing !== undefined) throw new Error(missing);
  const release = await buildRelease({ outDirectory: join(homedir(), '.cache/understudy/releases') });
  return [
    {
      name: 'understudy',
      about: `this project's service, ${workers} worker${workers === 1 ? '' : 's'}`,
      directory: release.directory,
      command: ['bin/node', 'service.mjs'],
    },
    {
      name: 'not gathered',
      about: 'the same, but each request to the engine is sent by itself',
      directory: release.directory,
      command: ['bin/node', 'service.mjs'],
      environment: { GATHER: 'off' },
    },
    {
      name: 'bare fastify',
      about: 'Fastify and the official client, one process',
      directory: root,
      command: [process.execPath, 'bench/throughput/bare-fastify.ts'],
    },
    {
      name: 'flask',
      about: 'Flask, gunicorn with 4 workers, elasticsearch-py',
      directory: join(root, 'examples/flask-service'),
      command: [join(virtualEnvironment, 'bin/gunicorn'), '-w', '4', '-b', '127.0.0.1:{port}', 'app:app'],
    },
  ];
}

export async function startContender(recipe: Recipe, hosts: string, workers: number): Promise<Contender> {
  const port = await freePort();
  const index = `bench-${recipe.name.replaceAll(' ', '-')}`;
  const [program = '', ...rest] = recipe.command.map((word) => word.replace('{port}', String(port)));
  const path = program.includes('/') && !program.startsWith('/') ? join(recipe.directory, program) : program;
  const child: ChildProcess = bound(
    spawn(path, rest, {
      cwd: recipe.directory,
      stdio: 'ignore',
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PYTHONDONTWRITEBYTECODE: '1',
        HOST: '127.0.0.1',
        PORT: String(port),
        WORKERS: String(workers),
        ES_HOSTS: hosts,
        INDEX: index,
        DRAIN_MS: '0',
        AUTH: 'public',
        LOG_LEVEL: 'error',
        ...recipe.environment,
      },
    }),
  );
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/healthz`, child);
  return { name: recipe.name, about: recipe.about, index, url, pid: child.pid as number, stop: () => ended(child) };
}
