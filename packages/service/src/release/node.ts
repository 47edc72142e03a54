// A Node release: the directory, a Node of its own, and the packages of its lockfile, installed by npm without their scripts.
import { copyFile, glob, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReleaseFile } from './content.ts';
import type { Recipe } from './recipe.ts';
import { refusal, ReleaseError } from './release-error.ts';
import { quoted, runTool } from './run-tool.ts';

const nodePath = 'bin/node';
const locks = ['package-lock.json', 'npm-shrinkwrap.json'];

interface Manifest {
  readonly main?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The Node of `nodeBinary` as bin/node, unless the files have one of their own. */
export function withNode(files: readonly ReleaseFile[], nodeBinary: string): readonly ReleaseFile[] {
  if (files.some(({ path }) => path === nodePath)) return files;
  return [{ path: nodePath, executable: true, from: { path: nodeBinary } }, ...files];
}

/** Errors: `release-artifact`; on completion `release-tool` without npm, `release-requirements` when npm refuses. */
export async function nodeRecipe(
  directory: string,
  files: readonly ReleaseFile[],
  nodeBinary: string,
): Promise<Recipe> {
  const paths = new Set(files.map(({ path }) => path));
  const manifest = paths.has('package.json') ? await readManifest(directory) : {};
  const command = startOf(manifest, paths);
  const needs = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  const recipe = { files: withNode(files, nodeBinary), hashLines: [], ...(command && { command }) };
  if (needs.length === 0) return recipe;
  if (!locks.some((name) => paths.has(name))) throw unlocked(directory, needs, paths);
  return { ...recipe, hashLines: [installLine], complete: async (draft) => installPackages(directory, draft) };
}

async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, 'package.json');
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Manifest;
  } catch (error) {
    const message = (error as Error).message;
    throw refusal(
      'release-artifact',
      { field: 'artifact', saw: path, allowed: 'JSON', message, remedy: 'mend it' },
      error,
    );
  }
}

/** What `npm start` would run, as words; undefined where it needs a shell or does not exist. https://docs.npmjs.com/cli/commands/npm-start */
function startOf({ scripts, main }: Manifest, paths: ReadonlySet<string>): readonly string[] | undefined {
  const start = scripts?.['start'];
  if (start !== undefined) {
    const words = start.trim().split(/\s+/);
    const isPlain = words.every((word) => /^[\w@%+:,./=-]+$/.test(word)) && !/^\w+=/.test(words[0] ?? '');
    return isPlain ? words : undefined;
  }
  const program = [main, 'server.js', 'index.js', 'main.mjs'].find(
    (path) => path !== undefined && paths.has(path.replace(/^\.\//, '')),
  );
  return program === undefined ? undefined : ['node', program.replace(/^\.\//, '')];
}

function unlocked(directory: string, needs: readonly string[], paths: ReadonlySet<string>): ReleaseError {
  const other = ['yarn.lock', 'pnpm-lock.yaml', 'bun.lock'].find((name) => paths.has(name));
  return refusal('release-artifact', {
    field: 'artifact',
    saw: other ?? `no package-lock.json in ${directory}, whose package.json needs ${needs.join(', ')}`,
    allowed: 'a package-lock.json or npm-shrinkwrap.json beside package.json',
    message: 'without it the same code is not the same release',
    remedy:
      'npm install --package-lock-only there; or install with your own tool and set service.runtime: none, which takes the ' +
      'directory with its node_modules',
  });
}

/** Scripts of packages would run on the operator's machine, with the operator's rights. */
const install = [
  'ci',
  '--omit=dev',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--os=linux',
  '--cpu=x64',
  '--libc=glibc',
];
const installLine = `npm ${install.join(' ')}`;

/** Which registry npm asks is the user's own configuration, and that of an .npmrc in the artifact, which may hold a token. */
async function installPackages(directory: string, draft: string): Promise<void> {
  const settings = join(draft, '.npmrc');
  const isThere = await stat(join(directory, '.npmrc')).then(
    () => true,
    () => false,
  );
  if (isThere) await copyFile(join(directory, '.npmrc'), settings);
  const run = await runTool('npm', install, { cwd: draft });
  await rm(settings, { force: true });
  if (run.code !== 0) {
    throw refusal('release-requirements', {
      field: 'artifact',
      saw: `package-lock.json, with which npm ended with exit code ${run.code}`,
      allowed: 'a lockfile that fits package.json, of packages that the registry has',
      message: 'npm could not install it',
      remedy: `mend it with npm install --package-lock-only in ${directory}. npm says:\n${quoted(run)}`,
    });
  }
  // npm's notes for itself: other versions of npm write others.
  for await (const path of glob(['node_modules/.package-lock.json', 'node_modules/.cache'], { cwd: draft })) {
    await rm(join(draft, path), { recursive: true, force: true });
  }
}
