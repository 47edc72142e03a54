// A machine's disk: a sparse ext4 image of its own size, so that it can really be full or frozen, with the image's
// root as the lower layer of an overlay. Where loop devices are missing it is a plain directory, and says so.
import { chmod, lstat, mkdir, open, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command, HostShell } from '../host/shell.ts';
import type { DiskFile } from './disk-files.ts';

export interface DiskPaths {
  readonly image: string;
  /** Mount point of the image: `upper` and `work` lie in it. */
  readonly disk: string;
  /** The machine's root directory. */
  readonly root: string;
}

export const diskPaths = (machineDirectory: string): DiskPaths => ({
  image: join(machineDirectory, 'disk.ext4'),
  disk: join(machineDirectory, 'disk'),
  root: join(machineDirectory, 'root'),
});

/** Few inodes and lazily written tables: a new 80 GB disk takes a few megabytes and milliseconds. */
export const formatDisk = (paths: DiskPaths): Command => [
  'mkfs.ext4',
  '-q',
  '-F',
  '-m',
  '0',
  '-i',
  '65536',
  '-J',
  'size=16',
  '-E',
  'lazy_itable_init=1,lazy_journal_init=1,nodiscard',
  paths.image,
];

/** noinit_itable: the kernel would otherwise fill the sparse image with zeros in the background. */
export const mountDisk = (paths: DiskPaths): Command => [
  'mount',
  '-o',
  'loop,noinit_itable,noatime',
  paths.image,
  paths.disk,
];

export const mountRoot = (paths: DiskPaths, imageRoot: string): Command => [
  'mount',
  '-t',
  'overlay',
  'understudy',
  '-o',
  `lowerdir=${imageRoot},upperdir=${join(paths.disk, 'upper')},workdir=${join(paths.disk, 'work')}`,
  paths.root,
];

const loopDevicesWork = (): boolean => existsSync('/dev/loop-control');

const isMountPoint = async (shell: HostShell, path: string): Promise<boolean> =>
  (await shell.attempt(['mountpoint', '-q', path])).code === 0;

/** Mounts the disk; formats it first when it does not exist. True when it was formatted just now. */
export const attachDisk = async (
  shell: HostShell,
  paths: DiskPaths,
  imageRoot: string,
  sizeMb: number,
): Promise<boolean> => {
  const fresh = !existsSync(paths.disk);
  await mkdir(paths.disk, { recursive: true, mode: 0o700 });
  await mkdir(paths.root, { recursive: true });
  if (fresh && loopDevicesWork()) {
    await (await open(paths.image, 'w', 0o600)).close();
    await truncate(paths.image, sizeMb * 1024 * 1024);
    await shell.run(formatDisk(paths));
  }
  if (existsSync(paths.image) && !(await isMountPoint(shell, paths.disk))) await shell.run(mountDisk(paths));
  for (const layer of ['upper', 'work']) await mkdir(join(paths.disk, layer), { recursive: true, mode: 0o755 });
  if (!(await isMountPoint(shell, paths.root))) await shell.run(mountRoot(paths, imageRoot));
  return fresh;
};

/** Unmounts; thaws first, since a frozen file system cannot be unmounted. Mounts that are not there are fine. */
export const detachDisk = async (shell: HostShell, paths: DiskPaths): Promise<void> => {
  if (await isMountPoint(shell, paths.disk)) await shell.attempt(['fsfreeze', '--unfreeze', paths.disk]);
  for (const path of [paths.root, paths.disk]) if (await isMountPoint(shell, path)) await shell.run(['umount', path]);
};

export const writeFiles = async (root: string, files: readonly DiskFile[]): Promise<void> => {
  for (const file of files) {
    const path = join(root, file.path);
    const directoryMode = file.path.startsWith('/root/') ? 0o700 : 0o755;
    await mkdir(dirname(path), { recursive: true, mode: directoryMode });
    // Removed first: a link in the image must not lead the write out of the machine's root.
    await rm(path, { force: true });
    await writeFile(path, file.content, { mode: file.mode });
    await chmod(path, file.mode);
  }
};

/** Sets links under /etc/systemd/system; one that is there already stays. */
export const linkUnits = async (root: string, links: ReadonlyMap<string, string>): Promise<void> => {
  for (const [unit, target] of links) {
    const path = join(root, 'etc/systemd/system', unit);
    const present = await lstat(path).catch(() => undefined);
    if (present) continue;
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await symlink(target, path);
  }
};
