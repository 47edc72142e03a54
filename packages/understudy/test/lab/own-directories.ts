// Directories of the test's own for a lab and for what the tool keeps, so that the operator's lab and keys are not touched.
// What was downloaded is shared with every other lab of this host.
import path from 'node:path';
import { cacheDirectory } from '../../src/operation/index.ts';
import { makeLabFolder } from '../../../../bin/lib/abandoned-labs.ts';

export interface OwnDirectories {
  /** Holds all of them; the test removes it in the end. */
  readonly base: string;
  readonly cache: string;
}

/** Names them in the environment of this process and of those that it starts. The copies of the tool that drills start are the tool. */
export async function useOwnDirectories(): Promise<OwnDirectories> {
  process.argv[1] = path.join(import.meta.dirname, '../../src/cli/main.ts');
  const base = await makeLabFolder();
  const cache = cacheDirectory();
  process.env['UNDERSTUDY_CACHE'] = cache;
  process.env['UNDERSTUDY_LAB_STATE'] = path.join(base, 'state');
  process.env['UNDERSTUDY_LAB_RUN'] = path.join(base, 'run');
  process.env['XDG_CONFIG_HOME'] = path.join(base, 'config');
  process.env['XDG_STATE_HOME'] = path.join(base, 'operator');
  return { base, cache };
}
