// Runs schemathesis (from PyPI, kept in the cache) against the service and a real engine, for a bounded time:
//   node --conditions=understudy-source packages/service/test/fuzz/schemathesis.ts [seconds, default 600]
// Ends 0 when it found no 5xx and no break of the OpenAPI document, 1 when it did, 2 when it cannot run here.
import { execFile, spawn } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findEngine, startEngine } from '../harness/engine.ts';
import { node } from '../harness/implementations.ts';

const version = '4.32.5';
const environment = join(homedir(), `.cache/understudy/schemathesis-${version}`);
const program = join(environment, 'bin/schemathesis');

async function install(): Promise<void> {
  if (
    await access(program).then(
      () => true,
      () => false,
    )
  )
    return;
  const run = promisify(execFile);
  await run('python3', ['-m', 'venv', environment]);
  await run(join(environment, 'bin/pip'), ['install', '--quiet', `schemathesis==${version}`]);
}

async function attack(url: string, seconds: string): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-schemathesis-'));
  const child = spawn(program, ['run', `${url}/openapi.json`, '--max-time', seconds, '--checks', 'all'], {
    cwd: directory,
    stdio: 'inherit',
    env: {
      ...process.env,
      SCHEMATHESIS_HOOKS: fileURLToPath(new URL('schemathesis_hooks.py', import.meta.url)),
    },
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  await rm(directory, { recursive: true });
  return code === 0 ? 0 : 1;
}

const found = await findEngine();
if ('missing' in found) {
  console.error(`Cannot run: ${found.missing}.`);
  process.exitCode = 2;
} else {
  await install();
  const engine = await startEngine(found);
  const service = await node.start({ ES_HOSTS: engine.url, WORKERS: '2', METRICS: 'public' });
  try {
    process.exitCode = await attack(service.url, process.argv[2] ?? '600');
    if (/worker ended|internal fault/.test(service.output())) {
      console.error(`The service faulted:\n${service.output()}`);
      process.exitCode = 1;
    }
  } finally {
    await service.stop();
    await engine.stop();
  }
}
