// Python requirements beside the code that needs them. Only wheels of pure Python: they run on the machine's version and
// processor whatever this machine has.
import { execFile } from 'node:child_process';
import { glob, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ReleaseError } from './release-error.ts';

/** Arguments of python3 for pip; which package index it asks is pip's own configuration. */
export function pipArguments(directory: string, pythonVersion: string): readonly string[] {
  return [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile', '--no-input'],
    ...['--target', join(directory, 'vendor'), '--requirement', join(directory, 'requirements.txt')],
    ...['--only-binary', ':all:', '--implementation', 'py', '--abi', 'none', '--platform', 'any'],
    ...['--python-version', pythonVersion],
  ];
}

/** Fetches what `directory/requirements.txt` asks for into `directory/vendor`. */
export async function vendor(directory: string, pythonVersion: string): Promise<void> {
  try {
    await promisify(execFile)('python3', pipArguments(directory, pythonVersion));
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const seen = stderr?.trim();
    throw new ReleaseError(
      'release-vendor',
      `pip could not fetch requirements.txt as pure Python wheels for Python ${pythonVersion}: ${seen || message}\n` +
        'Check that python3 has pip (apt-get install python3-pip) and that it reaches a package index.',
      error,
    );
  }
  // Start scripts name this machine's interpreter in their first line, and RECORD has their hashes: nothing needs either,
  // and without them the same requirements are the same bytes wherever they are built.
  await rm(join(directory, 'vendor/bin'), { recursive: true, force: true });
  for await (const path of glob('vendor/*.dist-info/RECORD', { cwd: directory })) await rm(join(directory, path));
}
