// A cache entry is a folder that is complete or absent: built in a scratch folder, renamed into place. Builds of the same entry wait for
// each other; the next build removes what a killed one left. It does not look at the content.
import { link, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemClock, type Clock, type Logger } from '@understudy/foundation';
import { removeKilledBuild } from './leftovers.ts';

export interface BuildOnce {
  /** The finished entry's folder. */
  readonly directory: string;
  /** Fills the empty folder it is given, which then becomes `directory`. */
  readonly build: (scratch: string) => Promise<void>;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

const pollMs = 250;

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Identifies a process until the next boot: its pid and its start time, in clock ticks. */
async function processIdentity(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // Fields are counted after the name, which is in brackets and may hold anything; the start time is the 20th of them.
  return text === undefined ? undefined : `${pid} ${text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
}

async function isHeld(lockFile: string): Promise<boolean> {
  const holder = await readFile(lockFile, 'utf8').catch(() => undefined);
  if (holder === undefined) return false;
  return (await processIdentity(Number.parseInt(holder, 10))) === holder;
}

/** Takes the lock, or reports that a running process has it. A lock whose process has ended is taken over. */
async function tryLock(lockFile: string): Promise<boolean> {
  const mine = (await processIdentity(process.pid)) ?? String(process.pid);
  const claim = `${lockFile}.${process.pid}`;
  await writeFile(claim, mine);
  try {
    // link(2) fails when the name exists, and the file it names has its content already: no half-written lock is ever seen.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const taken = await link(claim, lockFile).then(
        () => true,
        () => false,
      );
      if (taken) return true;
      if (await isHeld(lockFile)) return false;
      await rm(lockFile, { force: true });
    }
    return false;
  } finally {
    await rm(claim, { force: true });
  }
}

async function lock(entry: BuildOnce, lockFile: string, clock: Clock): Promise<void> {
  let logged = false;
  while (!(await tryLock(lockFile))) {
    if (!logged)
      entry.logger({
        level: 'info',
        subject: basename(entry.directory),
        text: 'another process is building it, waiting',
      });
    logged = true;
    await clock.sleep(pollMs, entry.signal);
  }
}

/** Resolves with true when it was built now, false when it was there. Errors are the build's; the entry then does not exist. */
export async function buildOnce(entry: BuildOnce): Promise<boolean> {
  if (await exists(entry.directory)) return false;
  const clock = entry.clock ?? systemClock;
  const parent = dirname(entry.directory);
  const scratchPrefix = `.building-${basename(entry.directory)}-`;
  const lockFile = join(parent, `.lock-${basename(entry.directory)}`);
  await mkdir(parent, { recursive: true });
  await lock(entry, lockFile, clock);
  try {
    if (await exists(entry.directory)) return false;
    for (const name of await readdir(parent)) {
      if (name.startsWith(scratchPrefix)) await removeKilledBuild(join(parent, name));
    }
    const scratch = join(parent, `${scratchPrefix}${process.pid}`);
    await mkdir(scratch);
    try {
      await entry.build(scratch);
      entry.signal?.throwIfAborted();
      await rename(scratch, entry.directory);
    } finally {
      await removeKilledBuild(scratch);
    }
    return true;
  } finally {
    await rm(lockFile, { force: true });
  }
}
