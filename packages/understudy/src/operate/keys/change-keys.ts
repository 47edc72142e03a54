// Makes and revokes keys of the service's callers: first in the operator's list, then on every service machine. The caller holds the
// operation lock. What is not on every machine is never called done.
import { UnderstudyError } from '@understudy/foundation';
import {
  isToolKey,
  makeKey,
  writeKeyList,
  type KeyList,
  type KeyRequest,
  type NewKey,
  type ServiceKeys,
  type Session,
} from '../../operation/index.ts';
import type { UnreachableMachine } from '../reach.ts';
import { assertHasKeys, currentList } from './current-list.ts';
import { deliver, readLists, type Delivered } from './machine-keys.ts';

/** The operator's list when it is the newest, else the one that another operator has put on a machine. */
interface Current {
  readonly keys: ServiceKeys;
  readonly list: KeyList;
  readonly unreachable: readonly UnreachableMachine[];
  readonly onMachines: readonly { readonly machine: string; readonly list: KeyList | undefined }[];
}

/** Errors: `service-keys-off` when the topology has none; `service-keys-foreign`; `service-keys-not-kept`; those of the Linode client. */
async function current(session: Session): Promise<Current> {
  const keys = assertHasKeys(session, await session.readServiceKeys());
  await keys.keep();
  const { lists, unreachable } = await readLists(session);
  return { keys, list: await currentList(session, keys, lists), unreachable, onMachines: lists };
}

export interface Created extends Delivered {
  readonly key: NewKey;
}

/** `onMade` gets the key before the machines do: whatever happens to them, its secret exists only here. */
export async function createKey(
  session: Session,
  request: KeyRequest,
  onMade: (key: NewKey) => void,
): Promise<Created> {
  const { keys, list } = await current(session);
  if (list.keys.some(({ id }) => id === request.id)) {
    throw new UnderstudyError(
      'service-key-exists',
      `There is a key ${request.id} already. Take another name, or revoke it first: understudy keys revoke ${request.id}`,
      { facts: { id: request.id } },
    );
  }
  const key = makeKey(request, session.world.clock.now());
  const next = { generation: list.generation + 1, keys: [...list.keys, key.record] };
  await writeKeyList(keys.directory, next);
  onMade(key);
  return { key, ...(await deliver(session, { list: next, toolKey: keys.toolKey })) };
}

/**
 * Repeating it brings a revocation to machines that missed it. Errors: `service-key-unknown` when there is no such key, neither here nor on
 * a machine that answers.
 */
export async function revokeKey(session: Session, id: string): Promise<Delivered> {
  const { keys, list, onMachines } = await current(session);
  const isKnown = list.keys.some((key) => key.id === id);
  const isLeft = onMachines.some((one) => one.list?.keys.some((key) => key.id === id) === true);
  if (isToolKey(id) || (!isKnown && !isLeft)) {
    const names = list.keys.map((key) => key.id).filter((name) => !isToolKey(name));
    throw new UnderstudyError(
      'service-key-unknown',
      `There is no key ${id} to revoke; there ${names.length === 0 ? 'is none' : `are: ${names.join(', ')}`}.`,
      { facts: { id } },
    );
  }
  const next = isKnown ? { generation: list.generation + 1, keys: list.keys.filter((key) => key.id !== id) } : list;
  if (isKnown) await writeKeyList(keys.directory, next);
  return await deliver(session, { list: next, toolKey: keys.toolKey });
}

export interface KeysSeen {
  readonly list: KeyList;
  /** Machines that have another list, or could not be read. */
  readonly behind: readonly UnreachableMachine[];
}

export async function listKeys(session: Session): Promise<KeysSeen> {
  const { list, unreachable, onMachines } = await current(session);
  const behind = onMachines.flatMap((one) =>
    one.list?.generation === list.generation
      ? []
      : [
          {
            machine: one.machine,
            reason: `it has ${one.list ? `list ${one.list.generation}` : 'none'}; apply brings it.`,
          },
        ],
  );
  return { list, behind: [...unreachable, ...behind] };
}
