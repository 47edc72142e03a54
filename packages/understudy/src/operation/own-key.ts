// Which SSH key the tool has for a system: one of the system's own, when it was imported or rotated; else the operator's, which all
// systems share.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { privateKeyPath } from '../machines/index.ts';
import { configDirectory, ownKeyDirectory } from './places.ts';

/** The directory that counts now. */
export async function keyDirectory(system: string): Promise<string> {
  const own = ownKeyDirectory(system);
  try {
    await stat(privateKeyPath(own));
    return own;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return join(configDirectory(), 'ssh');
    throw error;
  }
}
