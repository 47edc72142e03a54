// Where the files of a suite are: a folder, or a git directory with or without a work tree. Nothing is fetched and nothing is kept.
import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Sources extends AsyncDisposable {
  readonly folder: string;
}

export interface Wanted {
  /** Of a git directory: a tag, branch or commit. A folder is taken as it is. */
  readonly revision: string;
  /** Files and folders in it. */
  readonly paths: readonly string[];
}

/** A temporary copy of the wanted paths, with the copy of `paths` alone, so that a package installed elsewhere is the one that is tested. */
export async function openSources(given: string, { revision, paths }: Wanted): Promise<Sources> {
  if (!existsSync(given)) throw new Error(`There is no folder ${given}: name a folder or a git directory.`);
  const folder = await mkdtemp(join(tmpdir(), 'gateway-suites-'));
  const sweep = (): void => rmSync(folder, { recursive: true, force: true });
  // Also after Ctrl-C, which ends this process before anything is disposed of.
  process.once('exit', sweep);
  const sources = {
    folder,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', sweep);
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    if (existsSync(join(given, 'HEAD')) && existsSync(join(given, 'objects'))) {
      await run('bash', [
        '-c',
        'set -o pipefail; git --git-dir="$0" archive "$1" -- "${@:3}" | tar -x -C "$2"',
        given,
        revision,
        folder,
        ...paths,
      ]);
    } else {
      await run('cp', ['-r', '--parents', ...paths, folder], { cwd: given });
    }
    return sources;
  } catch (error) {
    await sources[Symbol.asyncDispose]();
    throw new Error(
      `The files ${paths.join(', ')} could not be read from ${given} at ${revision}: ${(error as Error).message.trim()}`,
      { cause: error },
    );
  }
}
