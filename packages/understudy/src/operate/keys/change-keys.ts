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
import { assertHasKeys, currentList, takeOver } from './current-list.ts';
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
  const seen = await current(session);
  const key = makeKey(request, session.world.clock.now());
  const delivered = await change(
    session,
    seen,
    (list) => {
      const namesake = list.keys.find(({ id }) => id === request.id);
      if (namesake?.sha256 === key.record.sha256) return list;
      if (!namesake) return { generation: list.generation + 1, keys: [...list.keys, key.record] };
      throw new UnderstudyError(
        'service-key-exists',
        `There is a key ${request.id} already. Take another name, or revoke it first: understudy keys revoke ${request.id}`,
        { facts: { id: request.id } },
      );
    },
    () => onMade(key),
  );
  return { key, ...delivered };
}

const mostAttempts = 5;

/**
 * Changes the list here, then on the machines; `onKept` is called once, between the two. When another operator was there first, the change is made once more, to that list. Errors:
 * `service-keys-overtaken`, those of `edit`, and those of `currentList`.
 */
async function change(
  session: Session,
  seen: Current,
  edit: (list: KeyList) => KeyList,
  onKept: () => void = () => undefined,
): Promise<Delivered> {
  const { directory, toolKey } = seen.keys;
  let { list } = seen;
  for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
    const next = edit(list);
    if (next !== list) await writeKeyList(directory, next);
    if (attempt === 1) onKept();
    const delivered = await deliver(session, { list: next, toolKey });
    if (!('by' in delivered)) return delivered;
    list = await listOf(session, delivered.by);
  }
  throw overtaken();
}

function overtaken(): UnderstudyError {
  return new UnderstudyError(
    'service-keys-overtaken',
    'Other operators change the keys at this moment, so this change is not on every machine. Run the same command again.',
  );
}

/** The list that a machine has, taken over. */
async function listOf(session: Session, machine: string): Promise<KeyList> {
  const keys = assertHasKeys(session, await session.readServiceKeys());
  const { lists } = await readLists(session);
  const theirs = lists.find((one) => one.machine === machine)?.list;
  if (!theirs) throw overtaken();
  return await takeOver(session, keys, { machine, list: theirs });
}

/**
 * Repeating it brings a revocation to machines that missed it. Errors: `service-key-unknown` when there is no such key, neither here nor on
 * a machine that answers.
 */
export async function revokeKey(session: Session, id: string): Promise<Delivered> {
  const seen = await current(session);
  const { list, onMachines } = seen;
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
  return await change(session, seen, (before) =>
    before.keys.some((key) => key.id === id)
      ? { generation: before.generation + 1, keys: before.keys.filter((key) => key.id !== id) }
      : before,
  );
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
