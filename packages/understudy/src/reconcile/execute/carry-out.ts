// From a step's task to the code that does it. Every entry may be repeated after it was done or half done.
import * as balancer from './do-balancer.ts';
import { deleteObject } from './do-delete.ts';
import * as machine from './do-machine.ts';
import * as network from './do-network.ts';
import * as search from './do-search.ts';
import * as service from './do-service.ts';
import type { Site } from './site.ts';
import type { Task } from '../plan/step.ts';

type Doing = { readonly [Kind in Task['kind']]: (site: Site, task: Extract<Task, { kind: Kind }>) => Promise<void> };

const doings: Doing = {
  'vpc-create': network.createVpc,
  'subnet-create': network.createSubnet,
  'firewall-create': (site, task) => network.createFirewall(site, task.role),
  'firewall-update': (site, task) => network.updateFirewall(site, task.role),
  'firewall-attach': (site, task) => network.attachFirewall(site, task.role, task.machine),
  'placement-create': (site, task) => network.createPlacementGroup(site, task.label),
  'placement-assign': (site, task) => network.assignPlacement(site, task.label, task.machine),
  'instance-create': (site, task) => machine.createInstance(site, task.machine),
  'instance-gone': (site, task) => machine.awaitGone(site, task.instanceId),
  'instance-tag': (site, task) => machine.tagInstance(site, task.machine),
  'instance-boot': (site, task) => machine.bootInstance(site, task.machine),
  'instance-reboot': (site, task) => machine.rebootInstance(site, task.machine),
  'machine-ready': (site, task) => machine.waitReady(site, task.machine),
  'package-install': (site, task) => search.installPackage(site, task.machine),
  'data-set-aside': (site, task) => search.setDataAside(site, task.machine),
  'files-write': (site, task) => machine.writeFiles(site, task.machine, task.form),
  'kernel-apply': (site, task) => machine.applyKernel(site, task.machine),
  'engine-start': (site, task) => search.startEngine(site, task.machine),
  'engine-upgrade': (site, task) => search.upgradeEngine(site, task.machine),
  'engine-restart': (site, task) => search.restartEngine(site, task.machine),
  'cluster-members': (site, task) => search.awaitMembers(site, task.machines),
  'cluster-seal': (site, task) => machine.sealSettings(site, task.machine),
  'index-template': search.putTemplate,
  'index-create': search.makeIndex,
  'index-settings': search.fitIndex,
  'allocation-open': search.openAllocation,
  'voting-clear': search.clearVoting,
  'settings-clear': (site, task) => search.clearLeftovers(site, task.settings),
  'allocation-retry': search.retryAllocation,
  'release-deploy': (site, task) => service.deployRelease(site, task.machine),
  'service-start': (site, task) => service.startService(site, task.machine),
  'service-restart': (site, task) => service.restartService(site, task.machine),
  'balancer-create': balancer.createBalancer,
  'balancer-tag': balancer.tagBalancer,
  'listener-create': (site, task) => balancer.createListener(site, task.port),
  'listener-update': (site, task) => balancer.updateListener(site, task.port, task.certificate),
  'backend-create': (site, task) => balancer.createBackend(site, task.port, task.machine),
  'backend-update': (site, task) => balancer.updateBackend(site, task.port, task.machine),
  'search-remove': (site, task) => search.removeMachine(site, task.object),
  'service-remove': (site, task) => service.removeMachine(site, task.object),
  'backend-remove': (site, task) => balancer.removeBackend(site, task.object),
  'object-delete': (site, task) => deleteObject(site.world, task.object),
};

/** Every kind of step there is. */
export const taskKinds = Object.keys(doings) as readonly Task['kind'][];

export async function carryOut(site: Site, task: Task): Promise<void> {
  // The table is typed by kind; the compiler cannot see that the key and the task belong together.
  const doing = doings[task.kind] as (site: Site, task: Task) => Promise<void>;
  await doing(site, task);
}
