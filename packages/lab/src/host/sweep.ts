// Removes everything that a lab left on this host, however it ended: by inventory, in an order that leaves nothing behind.
// Touches nothing that is not the lab's own, and no file of its state.
import { rm } from 'node:fs/promises';
import { regionNamespace } from '../network/names.ts';
import type { Clock } from '@understudy/foundation';
import { removeGroup, type CgroupLayout } from './cgroup.ts';
import { labProcesses, takeInventory, type LabTrace } from './inventory.ts';
import { killAll, signal } from './processes.ts';
import type { HostShell } from './shell.ts';

const loopBoundMs = 5_000;

export interface SweepOptions {
  readonly shell: HostShell;
  readonly clock: Clock;
  readonly cgroups: CgroupLayout;
  readonly stateDirectory: string;
}

/** A loop device is detached some time after its umount; one that was never mounted must be detached explicitly. */
const freeLoops = async ({ shell, clock, cgroups, stateDirectory }: SweepOptions): Promise<void> => {
  const startedMs = clock.monotonicMs();
  for (;;) {
    const { loops } = await takeInventory(shell, cgroups, stateDirectory);
    if (loops.length === 0 || clock.monotonicMs() - startedMs > loopBoundMs) return;
    for (const loop of loops) await shell.attempt(['losetup', '--detach', loop]);
    await clock.sleep(50);
  }
};

/** Resolves with what it found and removed. */
export const sweepHost = async (options: SweepOptions): Promise<LabTrace> => {
  const { shell, clock, cgroups, stateDirectory } = options;
  const found = await takeInventory(shell, cgroups, stateDirectory);
  // The region first: without its links no FIN or RST leaves the machines when they are killed.
  for (const link of found.links) await shell.attempt(['ip', 'link', 'delete', link]);
  for (const { pid } of found.processes) signal(pid, 'SIGKILL');
  // A process that waits on a frozen disk cannot end before the disk is thawed.
  for (const point of found.mounts) if (point.endsWith('/disk')) await shell.attempt(['fsfreeze', '--unfreeze', point]);
  await killAll(() => labProcesses(shell, cgroups), clock);
  const inner = found.namespaces.filter((name) => name !== regionNamespace);
  for (const name of [...inner, ...found.namespaces.filter((name) => name === regionNamespace)]) {
    await shell.run(['ip', 'netns', 'delete', name]);
  }
  for (const point of found.mounts) await shell.run(['umount', point]);
  await freeLoops(options);
  await removeGroup(cgroups, '');
  for (const path of found.leftovers) await rm(path, { recursive: true, force: true });
  return found;
};
