// Removes what a killed build left: its processes, its mounts, its folder. Touches nothing outside the folder it is given.
import { readFile, readdir, readlink, rm } from 'node:fs/promises';
import { runBuildCommand } from './build-command.ts';

/** Mount points at or below `directory` in the text of /proc/self/mountinfo, deepest first. Octal escapes are decoded. */
export function mountsBelow(mountInfo: string, directory: string): string[] {
  return mountInfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .map((path) =>
      path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((path) => path === directory || path.startsWith(`${directory}/`))
    .reverse();
}

/** Processes whose root or working directory is `directory`, or that were started with it as an argument. */
async function processesIn(directory: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const places = await Promise.all([
      readlink(`/proc/${pid}/root`).catch(() => ''),
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
    ]);
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if ([...places, ...words].some((path) => path === directory || path.startsWith(`${directory}/`))) found.push(pid);
  }
  return found;
}

/** Ends and removes everything of the build in `directory`; nothing happens when it does not exist. Repeatable. */
export async function removeKilledBuild(directory: string): Promise<void> {
  for (let round = 0; round < 50; round += 1) {
    const pids = await processesIn(directory);
    if (pids.length === 0) break;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Ended by itself in the meantime.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const mount of mountsBelow(await readFile('/proc/self/mountinfo', 'utf8'), directory)) {
    await runBuildCommand(['umount', '--lazy', mount]);
  }
  await rm(directory, { recursive: true, force: true });
}
