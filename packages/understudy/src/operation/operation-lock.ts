// At most one operation at a time on a topology, from this operator's machine: apply, destroy or a drill. The lock file contains
// its holder and reason; a lock whose holder has ended is ignored. It does not work across operators' machines.
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { UnderstudyError, type Clock } from '@understudy/foundation';

const holderSchema = z.object({
  pid: z.number().int(),
  host: z.string(),
  reason: z.string(),
  /** RFC 3339, UTC. */
  started: z.string(),
  /** When the process started, in the kernel's ticks since boot: a pid is used again, a pid with its start is not. */
  processStart: z.string(),
});
export type LockHolder = z.infer<typeof holderSchema>;

export interface OperationLock {
  release(): Promise<void>;
}

export interface LockRequest {
  readonly directory: string;
  readonly name: string;
  /** What is done under it: `apply`, `drill search-kill-master`. */
  readonly reason: string;
  readonly clock: Clock;
}

/** Error: `operation-locked` with the holder's pid, host, reason and start. */
export async function lockOperation(request: LockRequest): Promise<OperationLock> {
  const { directory, name, reason, clock } = request;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `${name}.json`);
  const mine: LockHolder = {
    pid: process.pid,
    host: hostname(),
    reason,
    started: new Date(clock.now()).toISOString(),
    processStart: (await processStart(process.pid)) ?? '',
  };
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (await written(path, mine)) return { release: () => rm(path, { force: true }) };
    const found = await readLock(path);
    if (found?.alive) throw locked(name, found.alive, path);
    if (found) await discardStale(path, found.text);
  }
  throw new UnderstudyError(
    'operation-locked',
    `The lock ${path} was taken by other processes in every attempt. Run again.`,
  );
}

/** The holder of the lock; undefined when the lock is free or the holder's process has ended. */
export async function operationLock(directory: string, name: string): Promise<LockHolder | undefined> {
  return (await readLock(join(directory, `${name}.json`)))?.alive;
}

async function readLock(path: string): Promise<{ text: string; alive: LockHolder | undefined } | undefined> {
  const text = await textOf(path);
  if (text === undefined) return undefined;
  const read = holderSchema.safeParse(parse(text));
  if (!read.success) return { text, alive: undefined };
  const holder = read.data;
  // A home directory may be shared between hosts; only this host's processes can be looked up.
  const alive = holder.host !== hostname() || (await processStart(holder.pid)) === holder.processStart;
  return { text, alive: alive ? holder : undefined };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes a temporary file and links it to the path, so that the lock appears atomically. */
async function written(path: string, holder: LockHolder): Promise<boolean> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  return linked(draft, path);
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(from, { force: true });
  }
}

/** Removes a lock whose holder has ended. If another process replaced it with a new lock meanwhile, the new lock is restored. */
async function discardStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.stale-${process.pid}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await textOf(aside);
  if (moved !== undefined && moved !== stale) await linked(aside, path);
  await rm(aside, { force: true });
}

/** Field 22 of /proc/PID/stat, counted after the name, which may contain spaces. Without /proc, signal 0 tests the process. */
async function processStart(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    try {
      process.kill(pid, 0);
      return '';
    } catch {
      return undefined;
    }
  }
}

function locked(name: string, holder: LockHolder, path: string): UnderstudyError {
  return new UnderstudyError(
    'operation-locked',
    `${name} is busy: ${holder.reason}, process ${holder.pid} on ${holder.host}, since ${holder.started}. ` +
      `Wait for it, or end it. (${path})`,
    { facts: { ...holder } },
  );
}
