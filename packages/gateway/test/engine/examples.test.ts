// The examples in Django and in PHP, without a line about nodes or retries, before a real engine: one of the nodes that the gateway is
// told of is never there.
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startGateway, type RunningGateway } from '../harness/running.ts';
import { bound, ended, findEngine, startEngines, type TestEngine } from '../../../service/test/harness/engine.ts';
import { freePort } from '../../../service/test/harness/free-port.ts';

const run = promisify(execFile);
const examples = fileURLToPath(new URL('../../../../examples/', import.meta.url));
const environment = join(homedir(), '.cache/understudy/gateway-django');
const found = await findEngine();

interface Example {
  readonly name: string;
  /** Why it cannot run here; undefined when it can. */
  prepare(): Promise<string | undefined>;
  readonly command: (port: number) => readonly [program: string, ...args: string[]];
}

/** A virtual environment with what the example asks for. */
async function prepareDjango(): Promise<string | undefined> {
  const requirements = join(examples, 'gateway-django/requirements.txt');
  const wanted = await readFile(requirements, 'utf8');
  const mark = join(environment, 'installed.txt');
  if ((await readFile(mark, 'utf8').catch(() => '')) === wanted) return undefined;
  try {
    await run('python3', ['-m', 'venv', environment]);
    await run(join(environment, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', requirements], {
      timeout: 300_000,
    });
    await writeFile(mark, wanted);
    return undefined;
  } catch (error) {
    await rm(environment, { recursive: true, force: true });
    return `Django could not be installed with python3 and pip: ${String(error).slice(0, 300)}`;
  }
}

const all: readonly Example[] = [
  {
    name: 'gateway-django',
    prepare: prepareDjango,
    command: (port) => [join(environment, 'bin/python'), 'app.py', 'runserver', '--noreload', `127.0.0.1:${port}`],
  },
  {
    name: 'gateway-php',
    prepare: () =>
      run('php', ['--version']).then(
        () => undefined,
        () => 'php is missing: apt-get install php-cli',
      ),
    command: (port) => ['php', '-S', `127.0.0.1:${port}`, 'index.php'],
  },
];

async function start(
  { name, command }: Example,
  engine: string,
): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const port = await freePort();
  const [program, ...args] = command(port);
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], PYTHONDONTWRITEBYTECODE: '1', ES_HOSTS: engine };
  const child = bound(spawn(program, args, { cwd: join(examples, name), stdio: 'ignore', env }));
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + 60_000; Date.now() < end && child.exitCode === null; await sleep(50))
    if (
      await fetch(`${url}/articles/none`).then(
        ({ status }) => status === 404,
        () => false,
      )
    )
      return { url, child };
  throw new Error(`${name} did not answer 404 for an article that is missing.`);
}

describe('the examples before the gateway', { skip: 'missing' in found ? found.missing : false }, () => {
  let engine: TestEngine;
  let gateway: RunningGateway;

  before(async () => {
    if ('missing' in found) return;
    engine = await startEngines(found, 1);
    gateway = await startGateway([`http://127.0.0.1:${await freePort()}`, engine.url]);
    const settings = { settings: { number_of_replicas: 0 }, mappings: { properties: { text: { type: 'text' } } } };
    const headers = { 'content-type': 'application/json' };
    await fetch(`${engine.url}/articles`, { method: 'PUT', headers, body: JSON.stringify(settings) });
  });

  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await engine.stop();
  });

  for (const example of all)
    it(`${example.name} saves, reads and finds articles`, async (t) => {
      const missing = await example.prepare();
      if (missing !== undefined) return t.skip(missing);
      const { url, child } = await start(example, gateway.url);
      try {
        for (let n = 0; n < 20; n++) {
          const body = JSON.stringify({ text: `article ${n} of ${example.name.replace('-', ' and ')}` });
          const saved = await fetch(`${url}/articles/${example.name}-${n}`, { method: 'PUT', body });
          assert.ok(saved.ok, String(saved.status));
          assert.deepEqual(await saved.json(), { version: 1 });
        }
        const read = await fetch(`${url}/articles/${example.name}-7`);
        assert.deepEqual(await read.json(), { text: `article 7 of ${example.name.replace('-', ' and ')}` });
        await fetch(`${engine.url}/articles/_refresh`, { method: 'POST' });
        const word = example.name.split('-')[1];
        const { articles } = (await (await fetch(`${url}/search?q=${word}`)).json()) as { articles: unknown[] };
        assert.equal(articles.length, 10);
        assert.equal((await fetch(`${url}/articles/missing`)).status, 404);
        return undefined;
      } finally {
        await ended(child);
      }
    });
});
