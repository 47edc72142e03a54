// Runs a folder of Python tests with pytest, in an environment of its own with the packages that the tests are about.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bound } from '../../packages/service/test/harness/engine.ts';
import { openSources } from './sources.ts';
import type { Result, Suite } from './suite.ts';
import { emptyCluster } from './yaml/index.ts';

export interface Published {
  readonly name: string;
  readonly version: string;
}

export interface PythonTests {
  readonly name: string;
  /** A folder or a git directory, or a package of PyPI whose archive of sources has the tests. */
  readonly sources: string | Published;
  /** Of a git directory. */
  readonly revision: string;
  readonly paths: readonly string[];
  /** Of PyPI, each with its version. */
  readonly packages: readonly string[];
  readonly pytest: readonly string[];
  environment(url: string): Readonly<Record<string, string>>;
  /** Files that the tests need and that are not in their sources. */
  readonly files?: Readonly<Record<string, string>>;
  /** The server's URL that is written in the tests: that of the run takes its place. */
  readonly written?: string;
  readonly engine: string;
  /** An expression of pytest -k. */
  readonly select: string | undefined;
}

/** A test that hangs ends after this; a whole run after `runMs`. */
const testS = 120;
const runMs = 30 * 60_000;

export function pythonSuite(tests: PythonTests): Suite {
  return {
    name: tests.name,
    async run(url, only) {
      const environment = await pythonEnvironment(tests.packages);
      const folder = typeof tests.sources === 'string' ? tests.sources : await archive(tests.sources);
      await using sources = await openSources(folder, tests);
      if (tests.written !== undefined) await rewrite(sources.folder, tests.written, url);
      for (const [name, text] of Object.entries(tests.files ?? {})) {
        await mkdir(dirname(join(sources.folder, name)), { recursive: true });
        await writeFile(join(sources.folder, name), text);
      }
      try {
        const outcomes = join(sources.folder, 'outcomes.jsonl');
        await writeFile(outcomes, '');
        const chosen =
          only === undefined ? tests.pytest : [...tests.pytest.filter((word) => word.startsWith('-')), ...only];
        const plugin = dirname(fileURLToPath(import.meta.url));
        // Plain assertions: their rewriting recurses too deep in some releases of Python 3.11.
        const plain = ['-q', '--assert=plain', '-p', 'pytest_outcomes', `--timeout=${testS}`];
        const select = tests.select === undefined || only !== undefined ? [] : ['-k', tests.select];
        const args = ['-m', 'pytest', ...plain, ...select, ...chosen];
        await end(join(environment, 'bin/python'), args, {
          cwd: sources.folder,
          env: {
            ...process.env,
            ...tests.environment(url),
            PYTHONPATH: plugin,
            PYTHONDONTWRITEBYTECODE: '1',
            GATEWAY_SUITES_OUTCOMES: outcomes,
          },
        });
        const lines = (await readFile(outcomes, 'utf8')).split('\n').filter(Boolean);
        if (lines.length === 0) throw new Error(`${tests.name}: pytest ran no test, see its output above.`);
        return worst(lines.map((line) => JSON.parse(line) as Result));
      } finally {
        await emptyCluster(tests.engine);
      }
    },
  };
}

/** One result for a test: a failed end makes a test that passed a failed one. */
function worst(results: readonly Result[]): readonly Result[] {
  const byId = new Map<string, Result>();
  for (const result of results) if (byId.get(result.id)?.outcome !== 'failed') byId.set(result.id, result);
  return [...byId.values()];
}

async function rewrite(folder: string, written: string, url: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.py')) continue;
    const text = await readFile(join(folder, name), 'utf8');
    if (text.includes(written)) await writeFile(join(folder, name), text.replaceAll(written, url));
  }
}

/** Made on the first run and kept, for one list of packages each. */
async function pythonEnvironment(packages: readonly string[]): Promise<string> {
  const wanted = ['pytest==9.2.0', 'pytest-timeout==2.4.0', ...packages];
  return await kept(packages.join('\n'), `installing ${packages.join(' ')}`, (folder) => [
    ['python3', ['-m', 'venv', folder]],
    [join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...wanted]],
  ]);
}

/** The folder with the sources of a package, fetched on the first run and kept. */
async function archive({ name, version }: Published): Promise<string> {
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', ':all:'];
  const folder = await kept(`sources of ${name}==${version}`, `fetching the sources of ${name} ${version}`, (into) => [
    ['python3', [...pip, '--dest', into, `${name}==${version}`]],
    ['bash', ['-c', 'tar -xzf "$0"/*.tar.gz -C "$0"', into]],
  ]);
  const unpacked = (await readdir(folder, { withFileTypes: true })).find((entry) => entry.isDirectory());
  if (unpacked === undefined) throw new Error(`The archive of ${name} ${version} in ${folder} has no folder.`);
  return join(folder, unpacked.name);
}

type Commands = readonly (readonly [command: string, args: readonly string[]])[];

/** A folder of the cache, made by commands unless it is there whole. */
async function kept(of: string, saying: string, make: (folder: string) => Commands): Promise<string> {
  const key = createHash('sha256').update(of).digest('hex').slice(0, 12);
  const folder = join(homedir(), '.cache/understudy/suites', key);
  if (existsSync(join(folder, 'complete'))) return folder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  process.stderr.write(`${saying}\n`);
  for (const [command, args] of make(folder)) {
    const code = await end(command, args, {});
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}, expected 0.`);
  }
  await writeFile(join(folder, 'complete.new'), '');
  await rename(join(folder, 'complete.new'), join(folder, 'complete'));
  return folder;
}

/** Its output is progress. The exit code of pytest says that tests failed, which is a result here. */
async function end(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<number> {
  const child = bound(spawn(command, args, { ...options, stdio: ['ignore', 2, 2], timeout: runMs }));
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? -1));
  });
}
