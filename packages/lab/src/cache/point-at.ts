// Points a symbolic link at another target, atomically: readers see the old target or the new one, never none.
import { rename, rm, symlink } from 'node:fs/promises';

export async function pointAt(link: string, target: string): Promise<void> {
  const fresh = `${link}.${process.pid}`;
  await rm(fresh, { force: true });
  await symlink(target, fresh);
  await rename(fresh, link);
}
