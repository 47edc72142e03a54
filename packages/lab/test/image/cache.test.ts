// Cache entries: built once, completely or not at all, and clean after a killed build.
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { silentLogger } from '@understudy/foundation';
import { runBuildCommand } from '../../src/cache/build-command.ts';
import { buildOnce } from '../../src/cache/build-once.ts';
import { mountsBelow } from '../../src/cache/leftovers.ts';

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'understudy-cache-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('an entry is built once and found afterwards', async (t) => {
  const directory = join(await folder(t), 'entry');
  let builds = 0;
  const build = async (scratch: string): Promise<void> => {
    builds += 1;
    await writeFile(join(scratch, 'file'), 'content');
  };
  equal(await buildOnce({ directory, build, logger: silentLogger }), true);
  equal(await buildOnce({ directory, build, logger: silentLogger }), false);
  equal(builds, 1);
  equal(await readFile(join(directory, 'file'), 'utf8'), 'content');
});

test('a failed build leaves nothing, and the next one succeeds', async (t) => {
  const parent = await folder(t);
  const directory = join(parent, 'entry');
  const fail = (): Promise<void> => Promise.reject(new Error('disk full'));
  await rejects(buildOnce({ directory, build: fail, logger: silentLogger }), { message: 'disk full' });
  deepEqual(await readdir(parent), []);
  equal(await buildOnce({ directory, build: () => Promise.resolve(), logger: silentLogger }), true);
});

/** A process that starts building `directory` with a child that would run for an hour, and says so. */
function startEndlessBuild(directory: string): ReturnType<typeof spawn> {
  const moduleUrl = (name: string): string => new URL(`../../src/cache/${name}`, import.meta.url).href;
  const program = `
    import { buildOnce } from '${moduleUrl('build-once.ts')}';
    import { runBuildCommand } from '${moduleUrl('build-command.ts')}';
    await buildOnce({ directory: process.argv[1], logger: () => {}, build: async (scratch) => {
      const running = runBuildCommand(['sleep', '3600'], { cwd: scratch });
      console.log('building');
      await running;
    } });`;
  const args = ['--conditions=understudy-source', '--input-type=module', '-e', program, directory];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('the build after a kill -9 removes its folder and its processes, and builds again', async (t) => {
  const parent = await folder(t);
  const directory = join(parent, 'entry');
  const child = startEndlessBuild(directory);
  if (child.stdout) await once(child.stdout, 'data');
  const before = await readdir(parent);
  equal(before.length, 2, 'a lock and a scratch folder');
  child.kill('SIGKILL');
  await once(child, 'exit');
  equal(await buildOnce({ directory, build: () => Promise.resolve(), logger: silentLogger }), true);
  deepEqual(await readdir(parent), ['entry']);
});

test('two builders of one entry: the second waits and takes what the first made', async (t) => {
  const parent = await folder(t);
  const directory = join(parent, 'entry');
  let running = 0;
  let most = 0;
  const build = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 50));
    running -= 1;
  };
  const results = await Promise.all([1, 2, 3].map(() => buildOnce({ directory, build, logger: silentLogger })));
  deepEqual(results.filter(Boolean), [true]);
  equal(most, 1);
});

test('an aborted build rejects with the reason and leaves nothing', async (t) => {
  const parent = await folder(t);
  const directory = join(parent, 'entry');
  const abort = new AbortController();
  const build = async (scratch: string): Promise<void> => {
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await runBuildCommand(['sleep', '3600'], { cwd: scratch, signal: abort.signal });
  };
  await rejects(buildOnce({ directory, build, logger: silentLogger, signal: abort.signal }), { message: 'enough' });
  deepEqual(await readdir(parent), []);
});

test('mounts below a folder are listed deepest first, with escapes decoded', () => {
  const info = `1 0 0:1 / / rw - ext4 /dev/vda rw
2 1 0:2 / /cache/a\\040b/root rw - overlay overlay rw
3 2 0:3 / /cache/a\\040b/root/proc rw - proc proc rw
4 1 0:4 / /cache/a\\040bc rw - tmpfs tmpfs rw
`;
  deepEqual(mountsBelow(info, '/cache/a b'), ['/cache/a b/root/proc', '/cache/a b/root']);
});

test('the error of a failed command has the end of its output; a missing program is named', async () => {
  await rejects(runBuildCommand(['sh', '-c', 'echo no room >&2; exit 3']), {
    code: 'lab-build-failed',
    message: "'sh -c echo no room >&2; exit 3' ended with exit code 3, expected 0. The end of its output:\nno room",
  });
  await rejects(runBuildCommand(['no-such-program-here']), { code: 'lab-program-missing' });
});
