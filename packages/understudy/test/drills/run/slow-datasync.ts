// A disk whose fsync stalls: every file handle of this process waits before it syncs, as long as it is told to.
import { open } from 'node:fs/promises';

/** `held` resolves when the disk obeys again. The function that is returned puts the disk back. */
export async function slowDatasync(held: () => Promise<void>): Promise<() => void> {
  const probe = await open(process.execPath);
  const fileHandle = Object.getPrototypeOf(probe) as { datasync: (this: unknown) => Promise<void> };
  await probe.close();
  const { datasync } = fileHandle;
  fileHandle.datasync = async function (this: unknown): Promise<void> {
    await held();
    return datasync.call(this);
  };
  return () => void (fileHandle.datasync = datasync);
}
