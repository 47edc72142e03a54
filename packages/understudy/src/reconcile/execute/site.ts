// What every step is given: the world, what should exist, and what is known so far; and the ways to a machine that all share.
import { dialectOf, type Dialect } from '../../engines/index.ts';
import type { EngineTransport } from '../../cluster/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import type { RemoteOptions, RemoteResult, RemoteTarget } from '../../machines/index.ts';
import { engineHosts, targetOf, type World } from '../../observe/index.ts';
import { needed, type Found } from './found.ts';
import type { Intent } from '../../operation/index.ts';
import type { ReleaseArchive } from './release-archive.ts';

export interface Site {
  readonly world: World;
  readonly intent: Intent;
  readonly found: Found;
  readonly archive: ReleaseArchive;
  readonly signal?: AbortSignal;
}

export function machineTarget(site: Site, label: string): RemoteTarget {
  return targetOf(needed(site.found.instances.get(label), `the machine ${label}`));
}

/** Runs a script by `sh -s` on the machine. Error: `reconcile-command-failed` with the end of what it said. */
export async function runScript(
  site: Site,
  label: string,
  what: string,
  script: string,
  options: Omit<RemoteOptions, 'stdin'> = {},
): Promise<RemoteResult> {
  const argv = ['sh', '-s'];
  return succeeded(
    await site.world.runner.run(machineTarget(site, label), argv, { ...options, stdin: script }),
    label,
    what,
  );
}

/** The result, when the command succeeded. */
export function succeeded(result: RemoteResult, label: string, what: string): RemoteResult {
  if (result.code === 0) return result;
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-5).join(' | ');
  throw new UnderstudyError(
    'reconcile-command-failed',
    `On ${label} it failed to ${what} (exit code ${result.code}): ${said || 'it said nothing'}`,
    { facts: { label, code: result.code } },
  );
}

/** All search machines that are known to exist by now. */
export function engine(site: Site): { readonly transport: EngineTransport; readonly dialect: Dialect } {
  const { topology } = site.intent;
  const running = [...site.found.instances.values()].map((instance) => ({ ...instance, status: 'running' as const }));
  return {
    transport: site.world.transportFor(engineHosts(topology, running)),
    dialect: dialectOf(topology.search),
  };
}
