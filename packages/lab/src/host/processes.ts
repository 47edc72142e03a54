// Processes of the lab in the host's process table: finds a machine's init, and kills until nothing is left.
import { readFile } from 'node:fs/promises';
import { UnderstudyError, type Clock } from '@understudy/foundation';

/** `NSpid:\t4711\t1` -> true: first process of a pid namespace below this one. */
export const isContainerInit = (procStatus: string): boolean => {
  const pids = /^NSpid:\s+(.+)$/m.exec(procStatus)?.[1]?.split(/\s+/) ?? [];
  return pids.length >= 2 && pids.at(-1) === '1';
};

export const findContainerInit = async (pids: readonly number[]): Promise<number | undefined> => {
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    if (isContainerInit(status)) return pid;
  }
  return undefined;
};

/** Sends the signal; false when the process is already gone. */
export const signal = (pid: number, name: NodeJS.Signals | number): boolean => {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
};

/**
 * SIGKILLs whatever `list` finds, again and again until it finds nothing, since a process may fork between look and kill.
 * Lowest pid first: a launcher is killed before the init that it waits for.
 */
export const killAll = async (
  list: () => Promise<readonly number[]>,
  clock: Clock,
  boundMs = 10_000,
): Promise<void> => {
  const startedMs = clock.monotonicMs();
  for (;;) {
    const pids = await list();
    if (pids.length === 0) return;
    for (const pid of pids) signal(pid, 'SIGKILL');
    if (clock.monotonicMs() - startedMs > boundMs) {
      throw new UnderstudyError(
        'lab-process-stuck',
        `Processes ${pids.join(', ')} still exist ${boundMs / 1000} s after SIGKILL; they wait in the kernel, most often on a frozen disk.`,
        { facts: { pids } },
      );
    }
    await clock.sleep(10);
  }
};
