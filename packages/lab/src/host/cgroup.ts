// Control groups of the lab's machines and balancers: their limits, and the most reliable list of their processes.
// Works on the unified hierarchy (v2) and on separate ones (v1, hybrid); every lab group lies under `understudy/`.
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface Limits {
  readonly memoryMb: number;
  readonly vcpus: number;
}

/**
 * `unified`: one tree. `split`: one tree per controller, of which the lab limits by these two; `bare` are the trees without
 * a controller (systemd's own, and on a hybrid host v2). Machines must enter those too: systemd-nspawn builds there, and
 * otherwise all machines' systemds share one place and stop each other's units.
 */
export type CgroupLayout =
  | { readonly kind: 'unified'; readonly root: string }
  | { readonly kind: 'split'; readonly memory: string; readonly cpu: string; readonly bare: readonly string[] };

const labGroup = 'understudy';

export const detectCgroupLayout = (root = '/sys/fs/cgroup'): CgroupLayout =>
  existsSync(join(root, 'cgroup.controllers'))
    ? { kind: 'unified', root }
    : {
        kind: 'split',
        memory: join(root, 'memory'),
        cpu: join(root, 'cpu'),
        bare: ['unified', 'systemd']
          .map((tree) => join(root, tree))
          .filter((tree) => existsSync(join(tree, 'cgroup.procs'))),
      };

const trees = (layout: CgroupLayout): readonly string[] =>
  layout.kind === 'unified' ? [layout.root] : [layout.memory, layout.cpu, ...layout.bare];

/** Where a launcher writes its own pid to enter the group `name`. */
export const entryFiles = (layout: CgroupLayout, name: string): readonly string[] =>
  trees(layout).map((tree) => join(tree, labGroup, name, 'cgroup.procs'));

/**
 * Where a process enters the group of a machine that runs already. Under v2 the group itself holds only groups by then;
 * `supervisor` is the one that systemd-nspawn made for itself.
 */
export const joinFiles = (layout: CgroupLayout, name: string): readonly string[] =>
  layout.kind === 'unified'
    ? [join(layout.root, labGroup, name, 'supervisor', 'cgroup.procs')]
    : entryFiles(layout, name);

/** File -> value: a hard memory limit, and CPU by weight so that idle cores are never wasted. */
export const limitFiles = (layout: CgroupLayout, name: string, limits: Limits): ReadonlyMap<string, string> => {
  const bytes = String(limits.memoryMb * 1024 * 1024);
  if (layout.kind === 'unified') {
    const group = join(layout.root, labGroup, name);
    return new Map([
      [join(group, 'memory.max'), bytes],
      [join(group, 'cpu.weight'), String(Math.min(10_000, 100 * limits.vcpus))],
    ]);
  }
  return new Map([
    [join(layout.memory, labGroup, name, 'memory.limit_in_bytes'), bytes],
    [join(layout.cpu, labGroup, name, 'cpu.shares'), String(1024 * limits.vcpus)],
  ]);
};

export const createGroup = async (layout: CgroupLayout, name: string, limits?: Limits): Promise<void> => {
  for (const tree of trees(layout)) await mkdir(join(tree, labGroup, name), { recursive: true });
  if (layout.kind === 'unified') {
    // A group offers its children only the controllers named here; the top is usually already done by the host's systemd.
    for (const group of [layout.root, join(layout.root, labGroup)]) {
      await writeFile(join(group, 'cgroup.subtree_control'), '+memory +cpu');
    }
  }
  if (!limits) return;
  for (const [file, value] of limitFiles(layout, name, limits)) await writeFile(file, value);
};

/** Groups below `directory`, deepest first, `directory` itself last. */
const descend = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const below: string[] = [];
  for (const entry of entries) if (entry.isDirectory()) below.push(...(await descend(join(directory, entry.name))));
  return existsSync(directory) ? [...below, directory] : below;
};

/** Every process in the group `name` and below it, lowest pid first; `''` means the whole lab. */
export const groupProcesses = async (layout: CgroupLayout, name: string): Promise<readonly number[]> => {
  const pids = new Set<number>();
  for (const tree of trees(layout)) {
    for (const group of await descend(join(tree, labGroup, name))) {
      const text = await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => '');
      for (const line of text.split('\n')) if (line !== '') pids.add(Number(line));
    }
  }
  // Pid 0 stands for a process outside this pid namespace: it must not be killed.
  pids.delete(0);
  return [...pids].sort((left, right) => left - right);
};

/** Removes the emptied group; one that still holds a dying process stays for the next sweep. */
export const removeGroup = async (layout: CgroupLayout, name: string): Promise<void> => {
  for (const tree of trees(layout)) {
    for (const group of await descend(join(tree, labGroup, name))) await rmdir(group).catch(() => undefined);
  }
};

/** Names of the lab's groups that exist now. */
export const listGroups = async (layout: CgroupLayout): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const tree of trees(layout)) found.push(...(await descend(join(tree, labGroup))));
  return found;
};
