// Where SSH keys are kept: the host keys of a target, and the tool's own key for a system: one of the system's own, when it was imported or rotated; else the operator's, which all
// systems share.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { privateKeyPath } from '../machines/index.ts';
import { configDirectory } from './places.ts';

/** Directory of a key of the system's own, whether there is one or not. `system`: TARGET-NAME. */
export function ownKeyDirectory(system: string): string {
  return join(configDirectory(), 'ssh', system);
}

/** The host keys that are pinned for the machines of a target. */
export function hostKeysPathOf(target: string): string {
  return join(configDirectory(), `known-hosts-${target}`);
}

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
