// Schemathesis, from PyPI, kept in the cache: sends what the OpenAPI document allows and what it forbids, and judges the answers.
import { execFile, spawn } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const version = '4.32.5';
const environment = join(homedir(), `.cache/understudy/schemathesis-${version}`);
/** The service answers within its deadline of 20 s, whatever the engine does. */
const slowestS = 25;
const program = join(environment, 'bin/schemathesis');

/** Makes what it needs. The reason why it cannot run here, or undefined. */
export async function prepareSchemathesis(): Promise<string | undefined> {
  const run = promisify(execFile);
  try {
    await access(program).catch(async () => {
      await run('python3', ['-m', 'venv', environment]);
      await run(join(environment, 'bin/pip'), ['install', '--quiet', `schemathesis==${version}`]);
    });
    return undefined;
  } catch (error) {
    return `schemathesis could not be installed: ${(error as Error).message}`;
  }
}

/** Attacks the service at `url` for so long. Gives what it said, and whether it found no 5xx and no break of the document. */
export async function schemathesis(
  url: string,
  seconds: number,
): Promise<{ readonly good: boolean; readonly said: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-schemathesis-'));
  const options = [
    '--max-time',
    String(seconds),
    '--checks',
    'all',
    '--max-response-time',
    String(slowestS),
    '--no-color',
  ];
  const child = spawn(program, ['run', `${url}/openapi.json`, ...options], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SCHEMATHESIS_HOOKS: fileURLToPath(new URL('./schemathesis_hooks.py', import.meta.url)) },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  await rm(directory, { recursive: true });
  return { good: code === 0, said };
}
