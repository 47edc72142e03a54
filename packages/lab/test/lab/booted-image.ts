// A machine of the lab's image that is booted with systemd and thrown away: no network but loopback, and a repository at /repository.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { runBuildCommand } from '../../src/cache/build-command.ts';

export interface Said {
  readonly code: number | null;
  /** Both outputs, in the order in which they were written. */
  readonly text: string;
}

export interface BootedImage extends AsyncDisposable {
  /** Runs a script by bash, as root. */
  run(script: string): Promise<Said>;
}

/** How long a machine may take to boot. */
const bootMs = 180_000;

/** Children of systemd-nspawn; of those that begin to set the container up, the one that becomes its first process stays. */
async function childrenOf(nspawn: ChildProcess): Promise<string[]> {
  const said = await runBuildCommand(['sh', '-c', 'pgrep -P "$1" || true', 'sh', String(nspawn.pid)]);
  return said.split('\n').filter((pid) => pid !== '');
}

/** The first process of the container, in namespaces of its own; undefined: there is none yet. Any other would lead to this host. */
async function initOf(nspawn: ChildProcess): Promise<string | undefined> {
  for (const pid of await childrenOf(nspawn)) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    if (/^NSpid:\t\d+(?:\t\d+)*\t1$/m.test(status)) return pid;
  }
  return undefined;
}

/** Killing nspawn alone would leave the machine running. */
async function end(nspawn: ChildProcess): Promise<void> {
  const ended = nspawn.exitCode === null ? once(nspawn, 'exit') : Promise.resolve();
  const children = await childrenOf(nspawn);
  for (const pid of children) process.kill(Number(pid), 'SIGKILL');
  if (children.length === 0) nspawn.kill('SIGKILL');
  await ended;
}

async function inside(init: string, script: string): Promise<Said> {
  const path = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin';
  const environment = ['env', '-i', path, 'HOME=/root', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive'];
  const child = spawn('nsenter', ['-t', init, '-a', ...environment, 'bash', '-c', `exec 2>&1\n${script}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

export async function bootImage(imageRoot: string, repository: string): Promise<BootedImage> {
  const flags = [
    '--register=no',
    '--keep-unit',
    '--link-journal=no',
    '--boot',
    '--volatile=overlay',
    '--private-network',
  ];
  const own = [
    `--directory=${imageRoot}`,
    `--machine=understudy-boot-${process.pid}`,
    `--bind-ro=${repository}:/repository`,
  ];
  const nspawn = spawn('systemd-nspawn', ['--quiet', ...own, ...flags], {
    stdio: 'ignore',
    // Debian 13's systemd needs it on hosts that still have the controllers of the first version of cgroups.
    env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
  });
  const lastMs = performance.now() + bootMs;
  for (;;) {
    const init = await initOf(nspawn);
    const { text } = init === undefined ? { text: '' } : await inside(init, 'systemctl is-system-running --wait');
    if (init !== undefined && /^(running|degraded)$/m.test(text))
      return { run: (script) => inside(init, script), [Symbol.asyncDispose]: () => end(nspawn) };
    if (performance.now() > lastMs) {
      await end(nspawn);
      throw new Error(`the machine has not booted within ${bootMs / 1000} s: ${text}`);
    }
    await sleep(250);
  }
}
