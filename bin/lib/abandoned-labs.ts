// Takes down the labs of test processes that were killed: one lab fits on a host, so the next lab test would be refused.
// A lab of a living test process, and every lab outside the tests' own folders, stays; `lab down` refuses when another one is up.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';

const parent = '/var/tmp';
const prefix = 'understudy-test-';
const pattern = new RegExp(`^${prefix}(\\d+)-`);

/** A folder for the lab of this test process. It has the process id in its name, by which it is found when the process was killed. */
export function makeLabFolder(): Promise<string> {
  return mkdtemp(join(parent, `${prefix}${process.pid}-`));
}

export function takeDownAbandonedLabs(): void {
  for (const name of readdirSync(parent)) {
    const pid = pattern.exec(name)?.[1];
    if (pid === undefined || isTestProcess(pid)) continue;
    const base = join(parent, name);
    console.log(`a test that was killed left a lab in ${base}: it is taken down`);
    const { status } = spawnSync(join('bin', 'understudy'), ['lab', 'down', '--yes'], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, UNDERSTUDY_LAB_STATE: join(base, 'state'), UNDERSTUDY_LAB_RUN: join(base, 'run') },
    });
    if (status === 0) rmSync(base, { recursive: true, force: true });
  }
}

/** Process ids are used again, so the command line has to name a test file. */
function isTestProcess(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('.test.ts');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
