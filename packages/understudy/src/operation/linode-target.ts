// Linode as a target: packages from the vendors, and no control of the hardware.
import { Secret, UnderstudyError } from '@understudy/foundation';
import { unsupportedVersion, vendorRepository } from '../engines/index.ts';
import { linodeBaseUrl } from '../linode/index.ts';
import { observeObjects, targetOf, type World } from '../observe/index.ts';
import type { PowerControl, SuppliedSearch, Supply, Target } from './target.ts';

/** A machine is up within minutes; an interrupted apply may connect to it a little later. */
const firstContactMs = 3_600_000;

/** Error: `cli-usage` without a token. */
export function linodeTarget(): Target {
  const token = process.env['LINODE_TOKEN'];
  if (token === undefined || token === '') {
    throw new UnderstudyError(
      'cli-usage',
      '--target linode needs a token in LINODE_TOKEN and found none. Make one in the Cloud Manager (docs/linode.md lists ' +
        'the scopes) and: export LINODE_TOKEN=...',
    );
  }
  return {
    name: 'linode',
    baseUrl: process.env['LINODE_API_URL'] ?? linodeBaseUrl,
    token: new Secret(token),
    repository: vendorRepository,
    supplies: (search) => Promise.resolve(suppliedOnLinode(search)),
    prepare: () => Promise.resolve(),
    firstContactMs,
    // A change of mode takes up to 60 s. https://techdocs.akamai.com/cloud-computing/docs/back-end-nodes-compute-instances
    balancerSettleMs: 60_000,
    // https://techdocs.akamai.com/cloud-computing/docs/dns-manager
    nameServers: [1, 2, 3, 4, 5].map((number) => `ns${number}.linode.com`),
    resolver: undefined,
    production: true,
    fit: { name: 'linode' },
    power: (world, { name, drills }) => (drills.allowSelfPowerCut ? sysrqPower(world, name) : null),
    disk: null,
  };
}

/**
 * The vendor's repository is not queried here, so every version that this tool supports counts as available. A version that was
 * never released fails later, in apt.
 */
function suppliedOnLinode(search: SuppliedSearch): Supply {
  if (search.security === 'off') {
    return {
      state: 'refused',
      part: 'security',
      allowed: 'on',
      reason:
        'without it everybody who comes to be on a machine of the system, or by an address of its VPC, reads and deletes every document',
      remedy: 'remove the line; docs/security.md says how a system that runs without it gets it',
    };
  }
  const unsupported = unsupportedVersion(search);
  if (unsupported === undefined) return { state: 'ready' };
  const { allowed, message, remedy } = unsupported;
  return { state: 'refused', part: 'version', allowed, reason: message, remedy };
}

/**
 * The machine powers itself off: its kernel does so without syncing disks or closing connections.
 * https://docs.kernel.org/admin-guide/sysrq.html
 */
function sysrqPower(world: World, name: string): PowerControl {
  const find = async (label: string) => {
    const { instances } = await observeObjects(world.linode, name);
    return instances.find((instance) => instance.label === label);
  };
  const script = 'echo 1 > /proc/sys/kernel/sysrq; (sleep 0.3; echo o > /proc/sysrq-trigger) > /dev/null 2>&1 &';
  return {
    async cut(label) {
      const instance = await find(label);
      if (instance) await world.runner.run(targetOf(instance), ['sh', '-c', script], { timeoutMs: 10_000 });
    },
    async restore(label) {
      const instance = await find(label);
      if (instance?.status === 'offline') await world.linode.instances.boot(instance.id);
    },
  };
}
