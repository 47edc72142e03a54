// The list of callers' keys on the service machines: read from them, and brought to them until each running service has it.
import pMap from 'p-map';
import type { World } from '../../observe/index.ts';
import { putKeysExits, readKeysScript, type RemoteTarget } from '../../machines/index.ts';
import {
  keyDelivery,
  keyListText,
  keysWithinS,
  readKeyList,
  type KeyList,
  type ServiceKeys,
  type Session,
} from '../../operation/index.ts';
import { machinePlans, type MachinePlan, type Topology } from '../../topology/index.ts';
import { reachOf, reasonOf, type ReachableMachine, type UnreachableMachine } from '../reach.ts';

const concurrency = 32;

export interface MachineList {
  readonly machine: string;
  /** What it has; undefined: none, or none that this tool has written. */
  readonly list: KeyList | undefined;
}

export interface ListsSeen {
  readonly lists: readonly MachineList[];
  readonly unreachable: readonly UnreachableMachine[];
}

function serviceMachines(session: Session): MachinePlan[] {
  return machinePlans(session.topology).filter(({ role }) => role === 'service');
}

/** What every service machine that answers has. Errors: those of the Linode client. */
export async function readLists(session: Session): Promise<ListsSeen> {
  const { running, unreachable } = await existing(session);
  const read = await pMap(running, async ({ machine, target }) => await readList(session, machine, target), {
    concurrency,
  });
  return {
    lists: read.flatMap((one) => ('list' in one ? [one] : [])),
    unreachable: [...unreachable, ...read.flatMap((one) => ('reason' in one ? [one] : []))],
  };
}

/** A machine that does not exist yet is created with the keys, and is left out. */
async function existing(session: Session) {
  const { running, unreachable } = await reachOf(session.world, session.topology, serviceMachines(session));
  return { running, unreachable: unreachable.filter(({ isAbsent }) => !isAbsent) };
}

async function readList(
  { world: { runner } }: Session,
  { label }: MachinePlan,
  target: RemoteTarget,
): Promise<MachineList | UnreachableMachine> {
  try {
    const { code, stdout, stderr } = await runner.run(target, ['sh', '-s'], { stdin: readKeysScript() });
    if (code !== 0) return { machine: label, reason: `its list of keys cannot be read: ${stderr.trim()}` };
    return { machine: label, list: readKeyList(stdout) };
  } catch (error) {
    return { machine: label, reason: reasonOf(error) };
  }
}

export interface Delivered {
  /** Machines whose service has the list, or does not run and will read it. */
  readonly done: readonly string[];
  readonly undone: readonly UnreachableMachine[];
}

/** Another operator has given this machine a list meanwhile that must not be replaced by ours; some machines were not asked. */
export interface Overtaken {
  readonly by: string;
}

/**
 * Brings the list to every service machine that exists: first to one alone, so that of two operators who do this at the same moment one is
 * first everywhere. Errors: those of the Linode client.
 */
export async function deliver(session: Session, keys: KeyDelivery): Promise<Delivered | Overtaken> {
  const { running, unreachable } = await existing(session);
  const done: string[] = [];
  const undone = [...unreachable];
  for (const some of [running.slice(0, 1), running.slice(1)]) {
    const brought = await pMap(some, async (reached) => await bring(session, keys, reached), { concurrency });
    for (const { machine, reason, isLater, isOvertaken } of brought) {
      if (isOvertaken) return { by: machine };
      if (reason === undefined || isLater) done.push(machine);
      else undone.push({ machine, reason });
    }
  }
  return { done, undone };
}

/** What is brought to a machine. */
export type KeyDelivery = Pick<ServiceKeys, 'list' | 'toolKey'> & Partial<Pick<ServiceKeys, 'peerSecrets'>>;

async function bring(
  { world, topology }: Session,
  keys: KeyDelivery,
  reached: ReachableMachine,
): Promise<Brought & { readonly machine: string }> {
  const { label: machine } = reached.machine;
  try {
    return { machine, ...(await bringKeys(world, topology, keys, reached)) };
  } catch (error) {
    return { machine, reason: reasonOf(error), isLater: false, isOvertaken: false };
  }
}

export interface Brought {
  /** Why the running service does not have them; undefined: it has them. */
  readonly reason: string | undefined;
  /** It does not run, and reads them when it starts. */
  readonly isLater: boolean;
  /** It has a list of another operator that is later, or of the same moment; nothing was written. */
  readonly isOvertaken: boolean;
}

/** Errors: those of the runner. */
export async function bringKeys(
  { runner }: Pick<World, 'runner'>,
  topology: Topology,
  { list, toolKey, peerSecrets }: KeyDelivery,
  { machine, target }: ReachableMachine,
): Promise<Brought> {
  const delivery = keyDelivery(topology, machine, {
    ...{ text: keyListText(list), toolKey, peerSecrets, replaces: 'older' },
  });
  const { code, stdout, stderr } = await runner.run(target, ['sh', '-s'], delivery);
  return {
    reason: whyUndone(code, stdout, stderr),
    isLater: code === putKeysExits.stopped,
    isOvertaken: code === putKeysExits.replaced,
  };
}

function whyUndone(code: number, stdout: string, stderr: string): string | undefined {
  switch (code) {
    case 0:
      return undefined;
    case putKeysExits.stopped:
      return 'its service does not run; it reads the keys when it starts.';
    case putKeysExits.late:
      return `its service has not taken the keys within ${keysWithinS} s; it said: ${stdout.trim() || 'nothing'}`;
    case putKeysExits.replaced:
      return 'another operator has changed its list of keys meanwhile.';
    case putKeysExits.withoutKeys:
      return 'its service was started without keys; apply changes that.';
    default:
      return `the keys could not be written (exit code ${code}): ${stderr.trim()}`;
  }
}
