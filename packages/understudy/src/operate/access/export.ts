// What a second operator needs for a system, collected on the first one's computer: the SSH key, the host keys of its machines, authority
// and accounts, the keys of the service, and certificates ordered by ACME. It changes nothing.
import { pinnedKeys } from '../../machines/index.ts';
import { observeInstances, targetOf } from '../../observe/index.ts';
import {
  acmeDirectory,
  acmeTexts,
  formerPublicKeys,
  keptConsolePassword,
  securityDirectory,
  serviceKeysDirectory,
  serviceKeyTexts,
  systemIdOf,
  type Session,
} from '../../operation/index.ts';
import { securityTexts, type SystemAccess } from '../../secure/index.ts';

/** Errors: those of the Linode client; `secure-unreadable`. */
export async function collectAccess(session: Session): Promise<SystemAccess> {
  const { world, topology, target, keyPair, hostKeysPath } = session;
  const instances = await observeInstances(world.linode, topology.name);
  const addresses = new Set(instances.map((instance) => targetOf(instance).address));
  const system = systemIdOf(session);
  return {
    target: target.name,
    system: topology.name,
    exportedAt: new Date(world.clock.now()).toISOString(),
    sshKey: {
      private: keyPair.privateKey.reveal(),
      public: keyPair.publicKey,
      former: await formerPublicKeys(system),
    },
    hostKeys: pinnedKeys(hostKeysPath).filter(({ address }) => addresses.has(address)),
    consolePassword: (await keptConsolePassword(system))?.reveal() ?? null,
    serviceKeys: (await serviceKeyTexts(serviceKeysDirectory(system))) ?? null,
    acme: (await acmeTexts(acmeDirectory(system))) ?? null,
    security: (await securityTexts(securityDirectory(system))) ?? null,
  };
}
