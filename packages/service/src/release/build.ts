// Builds a release: the service of this project with its own Node runtime, or a directory of the user's with its Python
// requirements beside it. A machine needs no Internet to run either.
import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { ReleaseError } from './release-error.ts';
import { filesOf, treeHash } from './tree-hash.ts';

export interface BuildOptions {
  /** Where releases are kept; the release becomes a directory in it, named by its hash. */
  readonly outDirectory: string;
  /** `builtin` (the default) or the absolute path of a directory that becomes the release. */
  readonly artifact?: string;
  /** Node 24 binary that goes along with `builtin`; the running one by default. */
  readonly nodeBinary?: string;
  /** Python version of the machines, for which requirements.txt is resolved. Default 3.13 (Debian 13). */
  readonly pythonVersion?: string;
}

export interface Release {
  /** Absolute path; the machine keeps a copy of it. */
  readonly directory: string;
  /** 16 hexadecimal digits; equal content has an equal hash. */
  readonly hash: string;
}

const servicePackage = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Builds into `outDirectory/<hash>` and returns it; an equal release that is there already is kept as it is.
 * Errors: `release-artifact` (the directory cannot be read), `release-vendor` (pip failed), `release-bundle`.
 */
export async function buildRelease(options: BuildOptions): Promise<Release> {
  const artifact = options.artifact ?? 'builtin';
  await mkdir(options.outDirectory, { recursive: true });
  const draft = join(options.outDirectory, `.draft-${process.pid}-${Date.now()}`);
  try {
    await mkdir(draft);
    if (artifact === 'builtin') await bundleService(draft, options.nodeBinary ?? process.execPath);
    else await copyArtifact(draft, artifact, options.pythonVersion ?? '3.13');
    const files = await filesOf(draft);
    const hash = await treeHash(draft, files);
    await writeFile(
      join(draft, 'manifest.json'),
      `${JSON.stringify({ hash, artifact: nameOf(artifact), files }, null, 2)}\n`,
    );
    const directory = join(options.outDirectory, hash);
    await rename(draft, directory).catch(async (error: unknown) => {
      if (!(await exists(directory))) throw error;
    });
    return { directory, hash };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** service.mjs, bin/node and index-template.json: start it with `bin/node service.mjs`. */
async function bundleService(target: string, nodeBinary: string): Promise<void> {
  try {
    await build({
      entryPoints: [join(servicePackage, 'src/main.ts')],
      absWorkingDir: servicePackage,
      outfile: join(target, 'service.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      conditions: ['understudy-source'],
      legalComments: 'none',
      logLevel: 'silent',
      // Bundled CommonJS modules ask for Node's own modules with require, which an ES module lacks.
      banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
    });
  } catch (error) {
    throw new ReleaseError('release-bundle', `The service could not be bundled: ${(error as Error).message}`, error);
  }
  await mkdir(join(target, 'bin'));
  await copyFile(nodeBinary, join(target, 'bin/node'));
  await chmod(join(target, 'bin/node'), 0o755);
  await copyFile(join(servicePackage, 'index-template.json'), join(target, 'index-template.json'));
}

async function copyArtifact(target: string, artifact: string, pythonVersion: string): Promise<void> {
  try {
    await cp(artifact, target, {
      recursive: true,
      filter: (path) => !/(^|\/)(__pycache__|\.venv|node_modules|\.git)(\/|$)/.test(path.slice(artifact.length)),
    });
  } catch (error) {
    throw new ReleaseError(
      'release-artifact',
      `The artifact ${artifact} could not be copied: ${(error as Error).message}`,
      error,
    );
  }
  if (await exists(join(target, 'requirements.txt'))) await vendor(target, pythonVersion);
}

/** Arguments of pip: wheels of pure Python for the machines' version, whatever this machine runs. */
export function pipArguments(target: string, pythonVersion: string): readonly string[] {
  return [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile', '--no-input'],
    ...['--target', join(target, 'vendor'), '--requirement', join(target, 'requirements.txt')],
    ...['--only-binary', ':all:', '--implementation', 'py', '--abi', 'none', '--platform', 'any'],
    ...['--python-version', pythonVersion],
  ];
}

async function vendor(target: string, pythonVersion: string): Promise<void> {
  try {
    await promisify(execFile)('python3', pipArguments(target, pythonVersion));
  } catch (error) {
    const seen = (error as { stderr?: string }).stderr?.trim() ?? (error as Error).message;
    throw new ReleaseError(
      'release-vendor',
      `pip could not fetch what requirements.txt asks for (pure Python wheels for ${pythonVersion}): ${seen}\n` +
        'Check that python3 has pip (apt-get install python3-pip) and reaches a package index.',
      error,
    );
  }
  // Scripts carry this machine's interpreter in their first line; nothing calls them.
  await rm(join(target, 'vendor/bin'), { recursive: true, force: true });
}

function nameOf(artifact: string): string {
  return artifact === 'builtin' ? artifact : (artifact.split('/').filter(Boolean).at(-1) ?? artifact);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
