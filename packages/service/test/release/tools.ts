// What this machine has of the programs that build releases.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

interface Tool {
  /** The reason why it cannot be used here; false when it can. */
  readonly missing: string | false;
}

async function output(program: string, args: readonly string[]): Promise<string | undefined> {
  return await promisify(execFile)(program, args).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/** python3 with pip, npm and go, with the version of python3 and of its C library. */
export async function releaseTools() {
  const about = 'import sys, platform, pip; print("%d.%d" % sys.version_info[:2], platform.libc_ver()[1])';
  const [python, npm, go] = await Promise.all([
    output('python3', ['-c', about]),
    output('npm', ['--version']),
    output('go', ['version']),
  ]);
  const [version = '', glibc = ''] = (python ?? '').split(' ');
  const tool = (seen: string | undefined, name: string): Tool => ({ missing: seen === undefined && `no ${name}` });
  return { python: { ...tool(python, 'python3 with pip'), version, glibc }, npm: tool(npm, 'npm'), go: tool(go, 'go') };
}
