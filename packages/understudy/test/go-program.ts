// A program of the Go world that tests need: built once from its module, then kept in the cache.
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../src/operation/places.ts';

export interface GoProgram {
  /** As people write it, in reasons of a skip. */
  readonly title: string;
  readonly binary: string;
  /** `github.com/owner/name/cmd/program@v1.2.3` */
  readonly module: string;
}

/** `module` as of GoProgram. */
export function goProgram(title: string, module: string): GoProgram {
  const [path = '', version = ''] = module.split('@');
  const name = path.slice(path.lastIndexOf('/') + 1);
  return { title, module, binary: join(cacheDirectory(), name, version, name) };
}

/** Undefined when it is there or was built now; otherwise why it is not. */
export async function missingGoProgram({ title, binary, module }: GoProgram): Promise<string | undefined> {
  if (await isThere(binary)) return undefined;
  const environment = { ...process.env, GOBIN: join(binary, '..'), CGO_ENABLED: '0' };
  try {
    await promisify(execFile)('go', ['install', module], { env: environment, cwd: tmpdir(), timeout: 600_000 });
    return undefined;
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') return `${title} is built by Go, which is not installed: apt-get install golang-go`;
    return `Go did not build ${title}: ${stderr.trim().split('\n').at(-1) ?? ''}`;
  }
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
