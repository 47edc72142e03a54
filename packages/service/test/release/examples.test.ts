// The examples as releases, built for real: wheels, npm packages and a Go program, each from where this machine gets its packages.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'node:test';
import { releaseTools } from './tools.ts';
import { buildRelease, type BuildOptions, type Release } from '../../src/release/build.ts';
import { locateProgram } from '../../src/release/programs.ts';
import { freePort } from '../harness/free-port.ts';
import { ended } from '../harness/engine.ts';

const examples = fileURLToPath(new URL('../../../../examples/', import.meta.url));
const run = promisify(execFile);
const { python, npm, go } = await releaseTools();
let base = '';

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-examples-'));
});

after(() => rm(base, { recursive: true, force: true }));

/** A release of a copy of the example, so that a lock that is resolved anew is not written into this tree. */
async function build(name: string, options: Partial<BuildOptions>, at = name): Promise<Release> {
  const artifact = join(base, 'sources', at);
  await cp(join(examples, name), artifact, { recursive: true });
  const directories = { outDirectory: join(base, 'releases'), cacheDirectory: join(base, 'cache') };
  return await buildRelease({ ...directories, artifact, ...options });
}

/** Starts a program in a directory and answers what its liveness path says. */
async function liveness(
  directory: string,
  program: string,
  args: (port: number) => readonly string[],
): Promise<string> {
  const port = await freePort();
  const env = {
    PATH: process.env['PATH'],
    HOST: '127.0.0.1',
    PORT: String(port),
    ES_HOST: 'http://127.0.0.1:9',
    AUTH: 'public',
  };
  const child = spawn(join(directory, program), args(port), {
    cwd: directory,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  try {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const signal = AbortSignal.timeout(2_000);
      const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal }).catch(() => undefined);
      if (answer !== undefined) return await answer.text();
      assert.equal(child.exitCode, null, stderr);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return assert.fail(`no answer: ${stderr}`);
  } finally {
    await ended(child);
  }
}

describe('a Python example', { skip: python.missing, timeout: 300_000 }, () => {
  const here = { version: python.version, glibc: python.glibc };
  // The others are deployed on machines of the lab.
  const chosen =
    process.env['UNDERSTUDY_FULL'] === '1' ? ['article-flask', 'fastapi', 'flask-service'] : ['flask-service'];
  for (const [name, program, module] of [
    ['article-flask', 'gunicorn', ['-b', 'app:app']],
    ['fastapi', 'uvicorn', ['--port', 'app:app']],
    ['flask-service', 'gunicorn', ['-b', 'app:app']],
  ] as const) {
    if (!chosen.includes(name)) continue;
    it(`${name}: is prepared without an index, moved, and serves from its own environment`, async () => {
      const release = await build(name, { runtime: 'python', python: here });
      const search = { ...release, ofImage: {}, runtime: 'python' };
      assert.equal(await locateProgram(program, search), `venv/bin/${program}`);
      const unpacked = join(base, 'machine', `${name}.partial`);
      await cp(release.directory, unpacked, { recursive: true });
      await run(join(unpacked, 'bin/prepare'), [], {
        cwd: unpacked,
        env: { PATH: process.env['PATH'], PIP_NO_INDEX: '1' },
      });
      const home = join(base, 'machine', name);
      await run('mv', [unpacked, home]);
      assert.deepEqual((await readdir(home)).includes('wheels'), false);
      const [option, app] = module;
      const args = (port: number) => [option, option === '-b' ? `127.0.0.1:${port}` : String(port), app];
      assert.deepEqual(JSON.parse(await liveness(home, `venv/bin/${program}`, args)), { status: 'ok' });
      if (name !== 'fastapi') return;
      const compiled = 'import orjson, uvloop, sys; print(orjson.__spec__.origin, sys.prefix)';
      const { stdout } = await run(join(home, 'venv/bin/python3'), ['-c', compiled]);
      assert.ok(stdout.startsWith(`${home}/venv/lib`) && stdout.trim().endsWith(`${home}/venv`), stdout);
    });
  }

  it('has wheels for another Python than the one that builds it, and the same release from the same lock', async () => {
    const options = { runtime: 'python', python: { version: '3.13', glibc: '2.41' } } as const;
    const first = await build('fastapi', options, 'one');
    const wheels = await readdir(join(first.directory, 'wheels'));
    const orjson = wheels.find((wheel) => wheel.startsWith('orjson-')) ?? '';
    assert.match(orjson, /cp313.*manylinux.*x86_64/);
    assert.match(
      await readFile(join(base, 'sources/one/requirements.lock'), 'utf8'),
      /^orjson==\S+ --hash=sha256:[0-9a-f]{64}$/m,
    );
    const second = await build('fastapi', { ...options, cacheDirectory: join(base, 'another-cache') }, 'two');
    assert.equal(second.hash, first.hash);
    const older = await build('fastapi', { ...options, python: { version: '3.11', glibc: '2.36' } }, 'three');
    assert.notEqual(older.hash, first.hash);
  });

  it('that is kept with its lock needs no index and no pip', async () => {
    for (const name of ['article-flask', 'fastapi', 'flask-service']) {
      const lock = await readFile(join(examples, name, 'requirements.lock'), 'utf8');
      await build(name, { runtime: 'python' }, `kept-${name}`);
      const after = await readFile(join(base, 'sources', `kept-${name}`, 'requirements.lock'), 'utf8');
      assert.equal(after, lock, `${name}: its lock does not fit its requirements; delete it and plan again`);
    }
  });
});

describe('the Express example', { skip: npm.missing, timeout: 300_000 }, () => {
  it('has the packages of its lockfile and starts as npm start does', async () => {
    const release = await build('express', { runtime: 'node' });
    assert.deepEqual(release.command, ['node', 'server.js']);
    assert.equal(await locateProgram('node', { ...release, ofImage: {}, runtime: 'node' }), 'bin/node');
    assert.deepEqual(JSON.parse(await liveness(release.directory, 'bin/node', () => ['server.js'])), { status: 'ok' });
    assert.equal((await build('express', { runtime: 'node' }, 'express-again')).hash, release.hash);
  });

  it('is refused without a lockfile, and with one that does not fit', async () => {
    const artifact = join(base, 'sources/unlocked');
    await cp(join(examples, 'express'), artifact, { recursive: true });
    const options = { outDirectory: join(base, 'releases'), artifact, runtime: 'node' as const };
    const manifest = await readFile(join(artifact, 'package.json'), 'utf8');
    await writeFile(
      join(artifact, 'package.json'),
      manifest.replace('"dependencies": {', '"dependencies": {"left-pad": "1.3.0",'),
    );
    await assert.rejects(buildRelease(options), {
      code: 'release-requirements',
      message: /exit code 1; .*npm says:\n/s,
    });
    await rm(join(artifact, 'package-lock.json'));
    await assert.rejects(buildRelease(options), {
      code: 'release-artifact',
      message: /no package-lock\.json.*left-pad/,
    });
  });
});

describe('the Go example', { skip: go.missing, timeout: 300_000 }, () => {
  it('is one static program, the same from any directory', async () => {
    const release = await build('go', { runtime: 'go' });
    assert.deepEqual(release.command, ['bin/search']);
    assert.equal(await locateProgram('bin/search', { ...release, ofImage: {}, runtime: 'go' }), 'bin/search');
    assert.deepEqual(JSON.parse(await liveness(release.directory, 'bin/search', () => [])), { status: 'ok' });
    const again = await build('go', { runtime: 'go', outDirectory: join(base, 'more') }, 'somewhere/else');
    const bytes = async ({ directory }: Release) => readFile(join(directory, 'bin/search'));
    assert.ok((await bytes(release)).equals(await bytes(again)));
    assert.ok(!(await readdir(release.directory)).includes('main.go'));
  });

  it('is refused when it does not build, with what go says', async () => {
    const artifact = join(base, 'sources/broken');
    await cp(join(examples, 'go'), artifact, { recursive: true });
    await writeFile(join(artifact, 'more.go'), 'package main\n\nfunc broken() { undefinedThing() }\n');
    const options = { outDirectory: join(base, 'releases'), artifact, runtime: 'go' as const };
    await assert.rejects(buildRelease(options), { code: 'release-artifact', message: /go says:\n.*undefinedThing/s });
  });
});
