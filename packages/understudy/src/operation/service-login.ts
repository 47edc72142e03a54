// What `service.auth` means for a service machine: the list of keys that it has, and what its service is told.
import {
  ensureServiceUser,
  putKeysScript,
  servicePeersFile,
  type ManagedFile,
  type PutKeys,
  type ServiceLogin,
} from '../machines/index.ts';
import { balancerSource, type MachinePlan, type Topology } from '../topology/index.ts';
import type { Intent } from './intent-shape.ts';
import { serviceKeysDirectory, systemIdOf } from './places.ts';
import { keyListText, openServiceKeys, type ServiceKeys } from './service-keys/index.ts';

/** Undefined when the application decides by itself who may call it. Nothing is written here: `keep` does it. Errors: `service-keys-unreadable`. */
export async function serviceKeysOf(topology: Topology, targetName: string): Promise<ServiceKeys | undefined> {
  if (topology.service.auth === 'none') return undefined;
  return await openServiceKeys(serviceKeysDirectory(systemIdOf({ target: { name: targetName }, topology })));
}

/** The list that every service machine has; undefined when its service needs none. */
export function serviceKeyTextOf({ topology, serviceKeys }: Intent): string | undefined {
  return serviceKeys && hasKeys(topology) ? keyListText(serviceKeys.list) : undefined;
}

/** The secrets of service machines that each of them has; undefined when its service needs no keys, and so asks for no signature. */
export function servicePeersOf({ topology, serviceKeys }: Intent): ManagedFile | undefined {
  return serviceKeys && hasKeys(topology) ? servicePeersFile(serviceKeys.peerSecrets) : undefined;
}

export function hasKeys({ service: { auth } }: Topology): boolean {
  return auth !== 'none' && auth !== 'public';
}

/** From when the file is there until the service has it; it looks at the file every 20 ms. */
export const keysWithinS = 15;
const reportMs = 30_000;

/** Where the service of a machine answers on that machine. */
export function serviceOrigin(port: number, vpcAddress: string): string {
  return `http://${vpcAddress}:${port}`;
}

/** What is run on a service machine to bring it the list, and wait until its service has it: `putKeysExits` says how that ended. */
export function keyDelivery(
  { service: { port } }: Topology,
  { vpcAddress }: MachinePlan,
  keys: Pick<PutKeys, 'text' | 'toolKey' | 'peerSecrets' | 'replaces'>,
): { readonly stdin: string; readonly timeoutMs: number } {
  const script = putKeysScript({ ...keys, origin: serviceOrigin(port, vpcAddress), withinS: keysWithinS });
  return { stdin: `${ensureServiceUser}\n${script}`, timeoutMs: keysWithinS * 1000 + reportMs };
}

export function serviceLoginOf({ topology, serviceKeys }: Intent): ServiceLogin | undefined {
  if ((topology.service.auth === 'none') !== (serviceKeys === undefined))
    throw new Error('the intent has no keys for a service with callers of its own, or keys for one without');
  return (
    serviceKeys && {
      hasKeys: hasKeys(topology),
      balancerNetwork: balancerSource(topology),
    }
  );
}
