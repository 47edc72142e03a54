// The context of every step: the ports, the intent and the known objects. Also the functions that run commands on a machine.
import { dialectOf, type Dialect } from '../../engines/index.ts';
import type { EngineTransport } from '../../cluster/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import type { RemoteOptions, RemoteResult, RemoteTarget } from '../../machines/index.ts';
import { engineHosts, targetOf, type World } from '../../observe/index.ts';
import { needed, type Found } from './found.ts';
import type { Intent } from '../../operation/index.ts';
import type { ReleaseArchive } from './release-archive.ts';

export interface StepContext {
  readonly world: World;
  readonly intent: Intent;
  readonly found: Found;
  readonly archive: ReleaseArchive;
  readonly signal?: AbortSignal;
}

export function machineTarget(context: StepContext, label: string): RemoteTarget {
  return targetOf(needed(context.found.instances.get(label), `the machine ${label}`));
}

/** Runs a script by `sh -s` on the machine. Error: `reconcile-command-failed` with the end of its output. */
export async function runScript(
  context: StepContext,
  label: string,
  what: string,
  script: string,
  options: Omit<RemoteOptions, 'stdin'> = {},
): Promise<RemoteResult> {
  const argv = ['sh', '-s'];
  return succeeded(
    await context.world.runner.run(machineTarget(context, label), argv, { ...options, stdin: script }),
    label,
    what,
  );
}

/** The result, when the command succeeded. */
export function succeeded(result: RemoteResult, label: string, what: string): RemoteResult {
  if (result.code === 0) return result;
  const output = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-5).join(' | ');
  throw new UnderstudyError(
    'reconcile-command-failed',
    `${label}: failed to ${what} (exit code ${result.code}): ${output || 'no output'}`,
    { facts: { label, code: result.code } },
  );
}

/** The engine, through every search machine that is known to exist. */
export function engine(context: StepContext): { readonly transport: EngineTransport; readonly dialect: Dialect } {
  const { topology } = context.intent;
  const running = [...context.found.instances.values()].map((instance) => ({
    ...instance,
    status: 'running' as const,
  }));
  return {
    transport: context.world.transportFor(engineHosts(topology, running)),
    dialect: dialectOf(topology.search),
  };
}
