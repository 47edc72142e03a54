// Resolves the target of a command. Without a name it is the lab, and only if the lab runs.
import { UnderstudyError } from '@understudy/foundation';
import { targetNames, type TargetName } from '../topology/index.ts';
import { labTarget } from './lab-target.ts';
import { linodeTarget } from './linode-target.ts';
import type { Target } from './target.ts';

/** Resolves `--target`, `UNDERSTUDY_TARGET`, or the lab. Errors: `cli-usage`, `lab-not-running`. */
export async function resolveTarget(named: string | undefined): Promise<Target> {
  return await { lab: labTarget, linode: linodeTarget }[targetName(named)]();
}

/** `--target`, else `UNDERSTUDY_TARGET`, else the lab. Error: `cli-usage`. */
export function targetName(named: string | undefined): TargetName {
  const given = named ?? process.env['UNDERSTUDY_TARGET'] ?? 'lab';
  const name = targetNames.find((known) => known === given);
  if (name !== undefined) return name;
  const where = named === undefined ? 'UNDERSTUDY_TARGET' : '--target';
  throw new UnderstudyError('cli-usage', `${where}: saw '${given}'; allowed ${targetNames.join(', ')}.`);
}
