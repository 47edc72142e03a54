// A Debian to install into and throw away: this host's own files under an overlay, in namespaces of its own. Ending a command ends every
// process that it started at once, as a power cut does.
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Debian whose files lie below; another one (of debootstrap, say) by this variable. */
const lower = process.env['UNDERSTUDY_TEST_DEBIAN'] ?? '/';

const enter = `
set -e
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
mount -t proc proc "$2/root/proc"
mount -t tmpfs tmpfs "$2/root/run"
mount --rbind /dev "$2/root/dev"
mkdir -p "$2/root/repository"
mount --bind "$3" "$2/root/repository"
chroot=$(command -v chroot)
exec "$chroot" "$2/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -s
`;

const namespaces = ['--mount', '--pid', '--fork', '--kill-child=KILL'];

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ThrowawayDebian extends AsyncDisposable {
  /** Runs a script by its shell; `killAfterMs` is when the power goes. */
  run(script: string, options?: { readonly killAfterMs?: number }): Promise<Ran>;
}

/** Why there can be none here; undefined when there can. */
export function noThrowawayDebian(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can mount an overlay';
  try {
    execFileSync('unshare', [...namespaces, 'sh', '-c', 'command -v dpkg-deb apt-get gpg'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no unshare, or no dpkg and apt and gpg';
  }
}

/** `repository` is seen in it as /repository. */
export async function throwawayDebian(repository: string): Promise<ThrowawayDebian> {
  const home = await mkdtemp(join(tmpdir(), 'understudy-debian-'));
  for (const name of ['upper', 'work', 'root']) await mkdir(join(home, name));
  return {
    async run(script, { killAfterMs } = {}) {
      const child = spawn('unshare', [...namespaces, 'sh', '-c', enter, 'enter', lower, home, repository]);
      const said = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
      child.stdin.on('error', () => undefined);
      child.stdin.end(script);
      const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
      clearTimeout(timer);
      // The overlay is free when the last process of the namespace is gone, a moment after the first.
      if (code === null) await sleep(200);
      return { code, ...said };
    },
    async [Symbol.asyncDispose]() {
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
