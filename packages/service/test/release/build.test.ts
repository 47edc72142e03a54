import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { buildRelease, type Runtime } from '../../src/release/build.ts';

describe('buildRelease', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'understudy-release-'));
  });
  after(() => rm(directory, { recursive: true }));

  it('makes a directory that runs without anything else', async () => {
    const release = await buildRelease({ outDirectory: join(directory, 'out') });
    assert.deepEqual((await readdir(release.directory)).sort(), [
      'bin',
      'index-template.json',
      'manifest.json',
      'service.mjs',
    ]);
    assert.equal(release.directory, join(directory, 'out', release.hash));
    const run = promisify(execFile)(join(release.directory, 'bin/node'), ['service.mjs'], {
      cwd: release.directory,
      env: { PORT: 'none' },
    });
    await assert.rejects(
      run,
      ({ code, stderr }: { code: number; stderr: string }) => code === 78 && stderr.includes('PORT'),
    );
  });

  it('gives the same sources the same hash, and keeps what is built', async () => {
    const [one, two] = [join(directory, 'one'), join(directory, 'two')];
    const node = join(directory, 'node');
    await writeFile(node, 'a runtime', { mode: 0o755 });
    const first = await buildRelease({ outDirectory: one, nodeBinary: node });
    const second = await buildRelease({ outDirectory: two, nodeBinary: node });
    assert.equal(first.hash, second.hash);
    const before = (await stat(join(first.directory, 'service.mjs'))).mtimeMs;
    await buildRelease({ outDirectory: one, nodeBinary: node });
    assert.equal((await stat(join(first.directory, 'service.mjs'))).mtimeMs, before);
    await writeFile(node, 'another runtime');
    assert.notEqual((await buildRelease({ outDirectory: one, nodeBinary: node })).hash, first.hash);
    assert.deepEqual(
      (await readdir(one)).filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('copies a directory as it is, without caches, environments and version control', async () => {
    const artifact = join(directory, 'artifact');
    await mkdir(join(artifact, '__pycache__'), { recursive: true });
    await mkdir(join(artifact, 'sub'));
    await writeFile(join(artifact, 'app.py'), 'app = 1\n');
    await writeFile(join(artifact, 'sub/run'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(join(artifact, '__pycache__/app.pyc'), 'x');
    const own = { outDirectory: join(directory, 'own'), artifact, runtime: 'python' as const };
    const release = await buildRelease(own);
    const { files } = JSON.parse(await readFile(join(release.directory, 'manifest.json'), 'utf8')) as {
      files: string[];
    };
    assert.deepEqual(files, ['app.py', 'sub/run', 'bin/prepare']);
    assert.equal((await stat(join(release.directory, 'sub/run'))).mode & 0o111, 0o111);
    await utimes(join(artifact, 'app.py'), 0, 0);
    assert.equal((await buildRelease(own)).hash, release.hash);
    await writeFile(join(artifact, 'app.py'), 'app = 2\n');
    assert.notEqual((await buildRelease(own)).hash, release.hash);
  });

  it('adds the runtime of the directory: a Node for node, the requirements for python, and never guesses', async () => {
    const artifact = join(directory, 'either');
    const node = join(directory, 'another-node');
    await mkdir(artifact);
    await writeFile(join(artifact, 'main.mjs'), 'console.log(1);\n');
    await writeFile(node, 'a runtime', { mode: 0o755 });
    const build = async (runtime: Runtime) => {
      const release = await buildRelease({
        outDirectory: join(directory, 'runtimes'),
        artifact,
        runtime,
        nodeBinary: node,
      });
      const manifest = await readFile(join(release.directory, 'manifest.json'), 'utf8');
      return (JSON.parse(manifest) as { files: string[] }).files;
    };
    assert.deepEqual(await build('node'), ['bin/node', 'main.mjs']);
    assert.deepEqual(await build('python'), ['main.mjs', 'bin/prepare']);
    assert.deepEqual(await build('none'), ['main.mjs']);
    await mkdir(join(artifact, 'bin'));
    await writeFile(join(artifact, 'bin/node'), 'their own', { mode: 0o755 });
    assert.deepEqual(await build('node'), ['bin/node', 'main.mjs'], 'one of its own stays');
    await writeFile(join(artifact, 'requirements.txt'), 'flask==3.1.2\n');
    await assert.rejects(build('node'), { code: 'release-artifact', message: /requirements\.txt.*runtime: python/ });
  });

  it('keeps links inside the directory, refuses those that lead out of it, and gives every file rights for another user', async () => {
    const artifact = join(directory, 'linked');
    await mkdir(join(artifact, 'bin'), { recursive: true });
    await writeFile(join(artifact, 'run.sh'), '#!/bin/sh\n', { mode: 0o700 });
    await writeFile(join(artifact, '.npmrc'), '//registry/:_authToken=secret\n');
    await symlink('../run.sh', join(artifact, 'bin/start'));
    const options = { outDirectory: join(directory, 'links'), artifact, runtime: 'none' as const };
    const release = await buildRelease(options);
    assert.equal(await readlink(join(release.directory, 'bin/start')), '../run.sh');
    assert.equal((await stat(join(release.directory, 'run.sh'))).mode & 0o777, 0o755);
    assert.deepEqual(release.programs, { 'run.sh': 'run.sh', start: 'bin/start' });
    assert.deepEqual((await readdir(release.directory)).sort(), ['bin', 'manifest.json', 'run.sh']);
    await symlink('/etc/passwd', join(artifact, 'users'));
    await assert.rejects(buildRelease(options), { code: 'release-artifact', message: /users to \/etc\/passwd/ });
  });

  it('names a directory that does not exist', async () => {
    const artifact = join(directory, 'nowhere');
    await assert.rejects(buildRelease({ outDirectory: join(directory, 'out'), artifact }), {
      code: 'release-artifact',
      message: /nowhere/,
    });
  });
});
