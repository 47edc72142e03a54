// Builds a release: the service of this project, or a directory of the user's, with its runtime: a Node of its own, or
// its Python requirements. A machine needs no Internet access to run either.
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundleFiles } from './bundle.ts';
import { contentHash, filesOf, type ReleaseFile } from './content.ts';
import { ReleaseError } from './release-error.ts';
import { vendor } from './vendor.ts';

export interface BuildOptions {
  /** Where releases are kept; the release becomes a directory in it, named by its hash. */
  readonly outDirectory: string;
  /** `builtin` (the default) or the absolute path of a directory that becomes the release. */
  readonly artifact?: string;
  /** What runs the release: `node` adds a Node of its own, `python` the packages of requirements.txt. Default `node`. */
  readonly runtime?: 'node' | 'python';
  /** Node binary, 22.19 or newer, that becomes `bin/node`; the running one by default. */
  readonly nodeBinary?: string;
  /** Python version of the machines, for which requirements.txt is resolved. Default 3.13 (Debian 13). */
  readonly pythonVersion?: string;
}

export interface Release {
  /** Absolute path; the machine keeps a copy of it. */
  readonly directory: string;
  /** 16 hexadecimal digits; the same sources give the same hash on any machine. */
  readonly hash: string;
}

/** Written last, so that a directory with it is complete. */
const manifestName = 'manifest.json';

/**
 * Builds into `outDirectory/<hash>`; a release that is there already is not built again, so that asking for the hash
 * of an unchanged service is cheap and needs no package index.
 * Errors: `release-artifact` (the directory cannot be read, or does not fit the runtime), `release-vendor` (pip failed), `release-bundle`.
 */
export async function buildRelease(options: BuildOptions): Promise<Release> {
  const { outDirectory, artifact = 'builtin', nodeBinary = process.execPath, pythonVersion = '3.13' } = options;
  const runtime = artifact === 'builtin' ? 'node' : (options.runtime ?? 'node');
  const own = artifact === 'builtin' ? await bundleFiles() : await artifactFiles(artifact, runtime);
  const files = runtime === 'node' ? withNode(own, nodeBinary) : own;
  const needsVendor = runtime === 'python' && files.some((file) => file.path === requirements);
  const hash = await contentHash(files, needsVendor ? [`python ${pythonVersion}`] : []);
  const directory = join(outDirectory, hash);
  if (await exists(join(directory, manifestName))) return { directory, hash };

  const draft = join(outDirectory, `.draft-${randomUUID()}`);
  try {
    for (const file of files) await writeReleaseFile(draft, file);
    if (needsVendor) await vendor(draft, pythonVersion);
    const manifest = { hash, files: files.map((file) => file.path) };
    await writeFile(join(draft, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
    await rename(draft, directory).catch(async (error: unknown) => {
      // Another build of the same release came first, with the same content.
      if (!(await exists(join(directory, manifestName)))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { directory, hash };
}

const requirements = 'requirements.txt';
const nodePath = 'bin/node';

/** The runtime beside the service, unless the artifact has one of its own. */
function withNode(files: readonly ReleaseFile[], nodeBinary: string): readonly ReleaseFile[] {
  if (files.some(({ path }) => path === nodePath)) return files;
  return [{ path: nodePath, executable: true, from: { path: nodeBinary } }, ...files];
}

async function artifactFiles(artifact: string, runtime: 'node' | 'python'): Promise<ReleaseFile[]> {
  const files = await filesOf(artifact).catch((error: unknown) => {
    const text = `The artifact ${artifact} cannot be read: ${(error as Error).message}. Name a directory that exists.`;
    throw new ReleaseError('release-artifact', text, error);
  });
  if (runtime === 'node' && files.some(({ path }) => path === requirements)) {
    const text =
      `The artifact ${artifact} has a ${requirements}, which the runtime node does not read. Set service.runtime: python, or ` +
      'remove that file.';
    throw new ReleaseError('release-artifact', text);
  }
  return files;
}

async function writeReleaseFile(target: string, file: ReleaseFile): Promise<void> {
  const path = join(target, file.path);
  await mkdir(dirname(path), { recursive: true });
  const mode = file.executable ? 0o755 : 0o644;
  if (file.from instanceof Uint8Array) await writeFile(path, file.from, { mode });
  else await copyFile(file.from.path, path);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
