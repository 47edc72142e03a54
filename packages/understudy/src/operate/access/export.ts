// What a second operator needs for a system, collected on the first one's computer: the SSH key, the host keys of its machines, authority
// and accounts. It changes nothing.
import type { SystemAccess } from '../../secure/index.ts';
import { securityTexts } from '../../secure/index.ts';
import { pinnedKeys } from '../../machines/index.ts';
import { observeInstances, targetOf } from '../../observe/index.ts';
import { keptConsolePassword, securityDirectory, type Session } from '../../operation/index.ts';

/** Errors: those of the Linode client; `secure-unreadable`. */
export async function collectAccess(session: Session): Promise<SystemAccess> {
  const { world, topology, target, keyPair, hostKeysPath } = session;
  const instances = await observeInstances(world.linode, topology.name);
  const addresses = new Set(instances.map((instance) => targetOf(instance).address));
  const texts = await securityTexts(securityDirectory(`${target.name}-${topology.name}`));
  return {
    target: target.name,
    system: topology.name,
    exportedAt: new Date(world.clock.now()).toISOString(),
    sshKey: { private: keyPair.privateKey.reveal(), public: keyPair.publicKey },
    hostKeys: pinnedKeys(hostKeysPath)
      .filter(({ address }) => addresses.has(address))
      .map(({ address, key }) => `${address} ${key}`),
    consolePassword: (await keptConsolePassword(`${target.name}-${topology.name}`))?.reveal() ?? null,
    security: texts ?? null,
  };
}
