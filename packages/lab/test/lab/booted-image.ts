// A machine of the lab's image that is booted with systemd and thrown away: no network but loopback, and a repository at /repository.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
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

/** The first process of the container, a child of systemd-nspawn. */
async function initOf(nspawn: ChildProcess): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const children = await runBuildCommand(['sh', '-c', 'pgrep -P "$1" || true', 'sh', String(nspawn.pid)]);
    if (children.trim() !== '') return children.trim().split('\n')[0] ?? '';
    await sleep(50);
  }
  throw new Error('the machine has no first process');
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
  const init = await initOf(nspawn);
  for (;;) {
    const { text } = await inside(init, 'systemctl is-system-running --wait');
    if (/^(running|degraded)$/m.test(text)) break;
    await sleep(250);
  }
  return {
    run: (script) => inside(init, script),
    async [Symbol.asyncDispose]() {
      const ended = nspawn.exitCode === null ? once(nspawn, 'exit') : Promise.resolve();
      // Killing nspawn alone would leave the machine running.
      process.kill(Number(init), 'SIGKILL');
      await ended;
    },
  };
}
