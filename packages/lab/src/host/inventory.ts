// Everything of the lab that exists on this host, found in the kernel's lists by name or path: what a sweep must
// remove, and what a test compares before and after.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hostLink, isLabNamespace } from '../network/names.ts';
import { groupProcesses, listGroups, type CgroupLayout } from './cgroup.ts';
import type { HostShell } from './shell.ts';

export interface LabTrace {
  readonly processes: readonly { readonly pid: number; readonly command: string }[];
  /** Mount points, deepest first. */
  readonly mounts: readonly string[];
  /** Loop devices whose image is the lab's. */
  readonly loops: readonly string[];
  readonly namespaces: readonly string[];
  /** Links in the host's own namespace. */
  readonly links: readonly string[];
  readonly cgroups: readonly string[];
  /** Directories that systemd-nspawn leaves behind when it is killed. */
  readonly leftovers: readonly string[];
}

const propagateDirectory = '/run/systemd/nspawn/propagate';

/** Mount points under `directory` from /proc/self/mountinfo, where a space is written `\040`; the latest mount first. */
export const mountsUnder = (mountinfo: string, directory: string): readonly string[] =>
  mountinfo
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    )
    .filter((point) => point.startsWith(`${directory}/`))
    .reverse();

/** Names from `losetup --json --list --output NAME,BACK-FILE` whose image lies under `directory`. */
export const loopsUnder = (json: string, directory: string): readonly string[] => {
  if (json.trim() === '') return [];
  const { loopdevices } = JSON.parse(json) as { loopdevices: readonly { name: string; 'back-file': string | null }[] };
  return loopdevices.filter((loop) => loop['back-file']?.startsWith(`${directory}/`)).map((loop) => loop.name);
};

const commandOf = async (pid: number): Promise<string> =>
  (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim();

/** Names of the lab's namespaces, the region first. */
const labNamespaces = async (): Promise<readonly string[]> => {
  const names = await readdir('/run/netns').catch(() => []);
  return names.filter(isLabNamespace).sort();
};

/** Pids in the lab's groups and namespaces, including shells that were left open inside a machine. */
export const labProcesses = async (shell: HostShell, cgroups: CgroupLayout): Promise<readonly number[]> => {
  const pids = new Set(await groupProcesses(cgroups, ''));
  for (const name of await labNamespaces()) {
    const { stdout } = await shell.attempt(['ip', 'netns', 'pids', name]);
    for (const line of stdout.split('\n')) if (line !== '') pids.add(Number(line));
  }
  return [...pids].sort((left, right) => left - right);
};

export const takeInventory = async (
  shell: HostShell,
  cgroups: CgroupLayout,
  stateDirectory: string,
): Promise<LabTrace> => {
  const pids = await labProcesses(shell, cgroups);
  const loops = await shell.attempt(['losetup', '--json', '--list', '--output', 'NAME,BACK-FILE']);
  const link = await shell.attempt(['ip', 'link', 'show', hostLink]);
  const left = await readdir(propagateDirectory).catch(() => []);
  return {
    processes: await Promise.all(pids.map(async (pid) => ({ pid, command: await commandOf(pid) }))),
    mounts: mountsUnder(await readFile('/proc/self/mountinfo', 'utf8'), stateDirectory),
    loops: loopsUnder(loops.stdout, stateDirectory),
    namespaces: await labNamespaces(),
    links: link.code === 0 ? [hostLink] : [],
    cgroups: await listGroups(cgroups),
    leftovers: left.filter(isLabNamespace).map((name) => join(propagateDirectory, name)),
  };
};

/** True when nothing of the lab exists. */
export const isNothing = (trace: LabTrace): boolean =>
  Object.values(trace).every((list: readonly unknown[]) => list.length === 0);
