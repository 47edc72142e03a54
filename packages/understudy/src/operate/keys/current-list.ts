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

/** A newer list is taken over first. Errors: `service-keys-foreign`, and then nothing was changed; `service-keys-not-kept`. */
export async function currentList(
  { world, topology }: Pick<Session, 'world' | 'topology'>,
  keys: ServiceKeys,
  onMachines: readonly MachineList[],
): Promise<KeyList> {
  let newest = keys.list;
  for (const { machine, list } of onMachines) {
    if (!list) continue;
    if (!isOwnList(keys, list) || isAhead(keys, list)) throw foreign(keys, machine);
    if (list.generation > newest.generation) newest = list;
  }
  if (newest === keys.list) return newest;
  const text = `list ${newest.generation} of the keys was taken over from a machine; another operator has changed them`;
  world.logger({ level: 'info', subject: topology.name, text });
  return await takeOverList(keys, newest);
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
