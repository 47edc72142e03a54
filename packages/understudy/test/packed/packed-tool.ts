// The packages as users get them: packed from a copy of the workspace, installed into an empty folder, run by a Node of
// their own. The copy keeps two test files from building into the same dist/.
import { execFile } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../src/operation/places.ts';

const root = join(import.meta.dirname, '../../../..');
export const packageNames = ['client', 'foundation', 'gateway', 'lab', 'service', 'understudy'] as const;
const execute = promisify(execFile);

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

export async function manifestOf(name: (typeof packageNames)[number]): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest;
}

export interface Packed {
  readonly archives: readonly string[];
  /** Package name -> its files. */
  readonly files: Readonly<Record<string, readonly string[]>>;
}

/** Packs every package into `folder`, from a copy of the workspace that has nothing built. */
export async function packAll(folder: string): Promise<Packed> {
  const copy = join(folder, 'workspace');
  const left = new Set(['node_modules', 'dist', '.git']);
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'LICENSE', 'bin', 'packages']) {
    await cp(join(root, name), join(copy, name), { recursive: true, filter: (path) => !left.has(basename(path)) });
  }
  await linkModules(copy);
  const archives = join(folder, 'archives');
  await mkdir(archives);
  const { stdout } = await execute('npm', ['pack', '--workspaces', '--json', '--pack-destination', archives], {
    cwd: copy,
    env: withNode(process.execPath),
    maxBuffer: 2 ** 24,
  });
  const packed = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as {
    name: string;
    filename: string;
    files: { path: string }[];
  }[];
  return {
    archives: packed.map(({ filename }) => join(archives, filename)),
    files: Object.fromEntries(packed.map(({ name, files }) => [name, files.map(({ path }) => path)])),
  };
}

/** The registry's packages are those of the clone; the workspace's own are those of the copy. */
async function linkModules(copy: string): Promise<void> {
  const [from, to] = [join(root, 'node_modules'), join(copy, 'node_modules')];
  await mkdir(join(to, '@understudy'), { recursive: true });
  for (const name of await readdir(from)) {
    if (!['@understudy', 'understudy'].includes(name)) await symlink(join(from, name), join(to, name));
  }
  for (const name of packageNames) {
    await symlink(join(copy, 'packages', name), join(to, name === 'understudy' ? name : join('@understudy', name)));
  }
}

/** The oldest Node that the tool claims to run on. */
export async function oldestNode(): Promise<string> {
  return `${(await manifestOf('understudy')).engines.node.replace('>=', '')}.0`;
}

/** A Node of this version out of the npm package that carries its binary, kept in the cache. */
export async function nodeBinary(version: string): Promise<string> {
  const home = join(cacheDirectory(), `node-${version}`);
  const binary = join(home, 'bin/node');
  if (await exists(binary)) return binary;
  await mkdir(cacheDirectory(), { recursive: true });
  const draft = await mkdtemp(join(cacheDirectory(), 'node.'));
  try {
    const { stdout } = await execute('npm', ['pack', '--silent', `node-linux-${arch()}@${version}`], { cwd: draft });
    await execute('tar', ['xzf', stdout.trim(), '--strip-components=1'], { cwd: draft });
    await rm(join(draft, stdout.trim()));
    await rename(draft, home).catch(async (error: unknown) => {
      // Another run fetched it first.
      if (!(await exists(binary))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return binary;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The tool, installed from the archives alone into a folder of its own, with a home of its own. */
export class InstalledTool {
  readonly node: string;
  /** Where a program finds the installed packages by their names. */
  readonly library: string;
  readonly command: string;
  /** Its home and the folder in which it runs. */
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;

  private constructor(node: string, prefix: string, home: string) {
    this.node = node;
    this.library = join(prefix, 'lib');
    this.command = join(prefix, 'bin/understudy');
    this.home = home;
    this.environment = { PATH: withNode(node)['PATH'] ?? '', HOME: home, UNDERSTUDY_CACHE: join(home, 'cache') };
  }

  static async install(node: string, archives: readonly string[]): Promise<InstalledTool> {
    const base = await mkdtemp(join(tmpdir(), 'understudy-installed-'));
    const [prefix, home] = [join(base, 'prefix'), join(base, 'home')];
    await mkdir(home);
    // No script of a dependency is needed to run the tool.
    const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--engine-strict'];
    await execute('npm', ['install', '--global', '--prefix', prefix, ...flags, ...archives], {
      cwd: home,
      env: withNode(node),
    });
    return new InstalledTool(node, prefix, home);
  }

  async run(words: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const options = { cwd: this.home, env: { ...this.environment, ...more }, maxBuffer: 2 ** 24 };
    return await new Promise((resolve) => {
      execFile(this.command, words, options, (error, stdout, stderr) => {
        resolve({ code: error ? (typeof error.code === 'number' ? error.code : 128) : 0, stdout, stderr });
      });
    });
  }

  /** Puts a program of programs/ where it finds the installed packages; its path. */
  async placeProgram(name: string): Promise<string> {
    const placed = join(this.library, name);
    await cp(join(import.meta.dirname, 'programs', name), placed);
    return placed;
  }

  async remove(): Promise<void> {
    await rm(join(this.library, '../..'), { recursive: true, force: true });
  }
}

/** This environment with `node` first on the path. */
function withNode(node: string): NodeJS.ProcessEnv {
  return { ...process.env, PATH: [join(node, '..'), process.env['PATH'] ?? ''].join(delimiter) };
}
