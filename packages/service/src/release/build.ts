// Builds a release: the service of this project, or a directory of the user's with what runs it: a Node of its own, wheels for
// the machines' Python, a compiled Go program, or nothing. A machine needs no Internet access to run any of them.
import { randomUUID } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundle, bundleFiles } from './bundle.ts';
import { byProducts, contentHash, filesOf, versionControl, type ReleaseFile } from './content.ts';
import { goRecipe } from './go.ts';
import { nodeRecipe, withNode } from './node.ts';
import { programsOf } from './programs.ts';
import { pythonRecipe, type PythonTarget } from './python/index.ts';
import type { Recipe } from './recipe.ts';
import { refusal } from './release-error.ts';

/** What a release has beside the files of its artifact: see `service.runtime` of the topology. */
export type Runtime = 'node' | 'python' | 'go' | 'binary' | 'none';

export interface BuildOptions {
  /** Where releases are kept; the release becomes a directory in it, named by its hash. */
  readonly outDirectory: string;
  /** Where wheels are kept between builds. Default: `outDirectory`/python. */
  readonly cacheDirectory?: string;
  /** `builtin` (the default) or the absolute path of a directory that becomes the release. */
  readonly artifact?: string;
  /** Absolute paths of files in the artifact that are no part of the release, such as secrets. */
  readonly exclude?: readonly string[];
  /** Default `node`; the builtin service has no other. */
  readonly runtime?: Runtime;
  /** Node binary, 22.19 or newer, that becomes `bin/node`; the running one by default. */
  readonly nodeBinary?: string;
  /** Python of the machines, for which requirements.txt is resolved. Default: that of Debian 13. */
  readonly python?: PythonTarget;
}

export interface Release {
  /** Absolute path; the machine keeps a copy of it. */
  readonly directory: string;
  /** 16 hexadecimal digits; the same sources give the same hash on any machine. */
  readonly hash: string;
  /** Name -> path in the release, of the programs that a start command may name without a path. */
  readonly programs: Readonly<Record<string, string>>;
  /** The start command that follows from the artifact itself; undefined when the topology must have one. */
  readonly command?: readonly string[];
}

/** Written last, so that a directory with it is complete. */
const manifestName = 'manifest.json';
/** Releases of other versions of this tool have other manifests, and other names. */
const manifestFormat = 'manifest 2';
const debian13: PythonTarget = { version: '3.13', glibc: '2.41' };

/**
 * Builds into `outDirectory/<hash>`; a release that is there already is not built again, so that asking for the hash
 * of an unchanged service is cheap and needs no package index. Errors: see `ReleaseError`.
 */
export async function buildRelease(options: BuildOptions): Promise<Release> {
  return await buildRecipe(await recipeFor(options), options);
}

export interface ProgramOptions extends Pick<BuildOptions, 'outDirectory' | 'nodeBinary'> {
  /** Absolute path of a program of this project, which is bundled with all that it imports. */
  readonly program: string;
  /** What it is called in the release, such as `gateway.mjs`. */
  readonly name: string;
}

/** The same for a program that is not the service: `bin/node NAME`, which was run once on the machine when it is complete there. */
export async function buildProgramRelease(options: ProgramOptions): Promise<Release> {
  const { program, name, nodeBinary = process.execPath } = options;
  // A Node that cannot run on this machine is found before anything is switched to it.
  const prepare = Buffer.from(`#!/bin/sh\nexec ./bin/node ${name} --help > /dev/null\n`);
  const files = withNode(
    [
      { path: 'bin/prepare', executable: true, from: prepare },
      { path: name, executable: false, from: await bundle(program) },
    ],
    nodeBinary,
  );
  return await buildRecipe({ files, hashLines: [] }, options);
}

async function buildRecipe(recipe: Recipe, options: Pick<BuildOptions, 'outDirectory' | 'runtime'>): Promise<Release> {
  const hash = await contentHash(recipe.files, [manifestFormat, ...recipe.hashLines]);
  const directory = join(options.outDirectory, hash);
  if (!(await exists(join(directory, manifestName)))) await write(recipe, hash, directory);
  const { programs } = JSON.parse(await readFile(join(directory, manifestName), 'utf8')) as {
    programs: Record<string, string>;
  };
  const compiled = options.runtime === 'go' ? Object.values(programs).filter((path) => path.startsWith('bin/')) : [];
  const command = recipe.command ?? (compiled.length === 1 ? compiled : undefined);
  return { directory, hash, programs, ...(command && { command }) };
}

async function recipeFor(options: BuildOptions): Promise<Recipe> {
  const { outDirectory, artifact = 'builtin', nodeBinary = process.execPath, python = debian13 } = options;
  if (artifact === 'builtin') {
    return { files: withNode(await bundleFiles(), nodeBinary), hashLines: [], command: ['bin/node', 'service.mjs'] };
  }
  const runtime = options.runtime ?? 'node';
  const files = await artifactFiles(artifact, runtime, options.exclude);
  switch (runtime) {
    case 'python':
      return await pythonRecipe(artifact, files, python, options.cacheDirectory ?? join(outDirectory, 'python'));
    case 'node':
      return await nodeRecipe(artifact, files, nodeBinary);
    case 'go':
      return await goRecipe(artifact, files, await contentHash(files));
    case 'binary':
    case 'none':
      return { files, hashLines: [] };
  }
}

async function write(recipe: Recipe, hash: string, directory: string): Promise<void> {
  const draft = join(dirname(directory), `.draft-${randomUUID()}`);
  try {
    await mkdir(draft, { recursive: true });
    for (const file of recipe.files) await writeReleaseFile(draft, file);
    await recipe.complete?.(draft);
    const programs = await programsOf(draft, recipe.made ?? []);
    const manifest = { hash, files: recipe.files.map((file) => file.path), programs };
    await writeFile(join(draft, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
    await rename(draft, directory).catch(async (error: unknown) => {
      // Another build of the same release came first, with the same content.
      if (!(await exists(join(directory, manifestName)))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function artifactFiles(
  artifact: string,
  runtime: Runtime,
  exclude: readonly string[] = [],
): Promise<ReleaseFile[]> {
  const about = await stat(artifact).catch((error: unknown) => {
    throw unreadable(artifact, (error as NodeJS.ErrnoException).code ?? 'unknown', error);
  });
  if (!about.isDirectory()) throw unreadable(artifact, 'it is a file');
  const names = runtime === 'binary' || runtime === 'none' ? versionControl : leftOut;
  const files = await filesOf(artifact, names, exclude);
  if (runtime === 'node' && files.some(({ path }) => path === 'requirements.txt')) {
    throw refusal('release-artifact', {
      field: 'artifact',
      saw: `requirements.txt in ${artifact}`,
      allowed: 'what service.runtime: node reads',
      message: 'the requirements of Python would be missing',
      remedy: 'set service.runtime: python, or remove that file',
    });
  }
  return files;
}

const leftOut: ReadonlySet<string> = new Set([...byProducts, ...versionControl]);

function unreadable(artifact: string, why: string, cause?: unknown): Error {
  const problem = {
    field: 'artifact',
    saw: artifact,
    allowed: 'a directory that exists and can be read',
    message: `it cannot be read (${why})`,
    remedy: 'name the directory of your application; a relative path counts from the topology file',
  } as const;
  return refusal('release-artifact', problem, cause);
}

async function writeReleaseFile(target: string, { path: name, executable, from }: ReleaseFile): Promise<void> {
  const path = join(target, name);
  await mkdir(dirname(path), { recursive: true });
  if (!(from instanceof Uint8Array) && 'link' in from) return await symlink(from.link, path);
  if (from instanceof Uint8Array) await writeFile(path, from);
  else await copyFile(from.path, path);
  // Whatever rights the operator's file has: another user runs it on the machine.
  await chmod(path, executable ? 0o755 : 0o644);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
