// Which list of keys counts, seen from this computer: its own, or a newer one that another operator of the same system has put on a machine.
// Lists that were not made from this computer's keys, or by a later copy of them, are left alone.
import { UnderstudyError } from '@understudy/foundation';
import {
  hasKeys,
  isAhead,
  isOwnList,
  takeOverList,
  type KeyList,
  type ServiceKeys,
  type Session,
} from '../../operation/index.ts';
import type { MachineList } from './machine-keys.ts';

/** Error: `service-keys-off` when the topology has none. */
export function assertHasKeys(
  { topology, topologyPath }: Pick<Session, 'topology' | 'topologyPath'>,
  keys: ServiceKeys | undefined,
): ServiceKeys {
  if (keys && hasKeys(topology)) return keys;
  throw new UnderstudyError(
    'service-keys-off',
    `service.auth of ${topologyPath} is ${topology.service.auth === 'public' ? 'public' : 'not there'}, so there are no keys. ` +
      'Write service.auth: keys, and apply.',
  );
}

/** As a machine has it. */
interface MadeList {
  readonly machine: string;
  readonly list: KeyList;
}

type Where = Pick<Session, 'world' | 'topology'>;

/** A newer list is taken over first. Errors as of `takeOver`. */
export async function currentList(
  where: Where,
  keys: ServiceKeys,
  onMachines: readonly MachineList[],
): Promise<KeyList> {
  let newest: MadeList | undefined;
  for (const { machine, list } of onMachines) {
    if (!list) continue;
    assertOwn(keys, machine, list);
    if (list.generation > (newest?.list ?? keys.list).generation) newest = { machine, list };
  }
  return newest ? await takeOver(where, keys, newest) : keys.list;
}

/** The list that a machine has becomes the operator's, whichever is newer. Errors: `service-keys-foreign`, and then nothing was changed; `service-keys-not-kept`. */
export async function takeOver({ world, topology }: Where, keys: ServiceKeys, from: MadeList): Promise<KeyList> {
  const { machine, list } = from;
  assertOwn(keys, machine, list);
  const text = `list ${list.generation} of the keys was taken over from ${machine}; another operator has changed them`;
  world.logger({ level: 'info', subject: topology.name, text });
  return await takeOverList(keys, list);
}

function assertOwn(keys: ServiceKeys, machine: string, list: KeyList): void {
  if (!isOwnList(keys, list) || isAhead(keys, list)) throw foreign(keys, machine);
}

function foreign({ directory }: ServiceKeys, machine: string): UnderstudyError {
  return new UnderstudyError(
    'service-keys-foreign',
    `${machine} has keys that do not come from ${directory}, so nothing was changed. If another operator has exchanged the service keys since ` +
      'this copy was made (secure rotate service-keys), let that operator export access to you: understudy access --help. If they were made ' +
      'by somebody else for this system, move that directory to another place first.',
    { facts: { directory, machine } },
  );
}
