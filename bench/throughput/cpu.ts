// How much processor time processes and all their children have used. Unlike throughput it hardly depends on what else the
// machine does, so it says what a request costs even where a quiet machine is not to be had.
import { readFile, readdir } from 'node:fs/promises';

/** Clock ticks a second of /proc/PID/stat on every Linux that Node runs on. */
const ticksPerSecond = 100;

interface Usage {
  readonly parent: number;
  readonly ticks: number;
}

/** Milliseconds of user and system time of `roots` and their living descendants, so far. */
export async function cpuMs(roots: readonly number[]): Promise<number> {
  const usage = new Map<number, Usage>();
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined) : undefined;
    // The name of the program is in parentheses and may have spaces; the fields after it do not.
    const fields = stat
      ?.slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    if (fields) usage.set(Number(name), { parent: fields[1] ?? 0, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) });
  }
  let ticks = 0;
  for (const [pid, { ticks: own }] of usage) if (descends(pid, roots, usage)) ticks += own;
  return (ticks * 1000) / ticksPerSecond;
}

function descends(pid: number, roots: readonly number[], usage: ReadonlyMap<number, Usage>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = usage.get(at)?.parent) {
    if (roots.includes(at)) return true;
  }
  return false;
}
