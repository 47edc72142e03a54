// Where the machines of a topology are reached, as Linode knows them now. A machine that does not run is named with the reason.
import { UnderstudyError } from '@understudy/foundation';
import type { RemoteTarget } from '../machines/index.ts';
import { observeInstances, targetOf, type World } from '../observe/index.ts';
import type { MachinePlan, Topology } from '../topology/index.ts';

export interface ReachableMachine {
  readonly machine: MachinePlan;
  readonly target: RemoteTarget;
}

export interface UnreachableMachine {
  /** Its label. */
  readonly machine: string;
  readonly reason: string;
  /** Linode has no such machine. */
  readonly isAbsent?: boolean;
}

export interface Reach {
  readonly running: readonly ReachableMachine[];
  readonly unreachable: readonly UnreachableMachine[];
}

/** Errors: those of the Linode client. */
export async function reachOf(
  world: Pick<World, 'linode'>,
  topology: Topology,
  machines: readonly MachinePlan[],
): Promise<Reach> {
  const instances = await observeInstances(world.linode, topology.name);
  const running: ReachableMachine[] = [];
  const unreachable: UnreachableMachine[] = [];
  for (const machine of machines) {
    const instance = instances.find(({ label }) => label === machine.label);
    if (instance?.status === 'running') running.push({ machine, target: targetOf(instance) });
    else
      unreachable.push({ machine: machine.label, reason: whyNot(instance?.status), isAbsent: instance === undefined });
  }
  return { running, unreachable };
}

/** The one machine. Errors: `operate-unreachable` when it does not run; those of the Linode client. */
export async function reachOne(
  world: Pick<World, 'linode'>,
  topology: Topology,
  machine: MachinePlan,
): Promise<RemoteTarget> {
  const { running, unreachable } = await reachOf(world, topology, [machine]);
  const target = running[0]?.target;
  if (target) return target;
  throw new UnderstudyError(
    'operate-unreachable',
    `${machine.label} cannot be reached: ${unreachable[0]?.reason ?? 'it is unknown'}`,
    { facts: { label: machine.label } },
  );
}

/** `operate-partial-view`: what was not done, and the machines for which it was not. */
export function partialView(notDone: string, unreachable: readonly UnreachableMachine[]): UnderstudyError {
  const reasons = unreachable.map(({ machine, reason }) => `  - ${machine}: ${reason}`).join('\n');
  return new UnderstudyError(
    'operate-partial-view',
    `${notDone}:\n${reasons}\nRepair these first (understudy status, understudy apply), then run again.`,
    { facts: { machines: unreachable.map(({ machine }) => machine) } },
  );
}

function whyNot(status: string | undefined): string {
  return status === undefined
    ? 'it does not exist; apply creates it.'
    : `its instance is ${status}; see: understudy status.`;
}

/** Why a machine that runs could not be asked. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
