// Maps each kind of task to the function that executes it. Each function may run again after it finished or was interrupted.
import { writeAccounts } from './do-accounts.ts';
import * as balancer from './do-balancer.ts';
import * as certificate from './do-certificate.ts';
import { deleteObject } from './do-delete.ts';
import * as gateway from './do-gateway.ts';
import * as indices from './do-indices.ts';
import * as machine from './do-machine.ts';
import * as network from './do-network.ts';
import * as search from './do-search.ts';
import * as service from './do-service.ts';
import * as serviceKeys from './do-service-keys.ts';
import type { StepContext } from './step-context.ts';
import type { Task } from '../plan/step.ts';

type Handlers = {
  readonly [Kind in Task['kind']]: (context: StepContext, task: Extract<Task, { kind: Kind }>) => Promise<void>;
};

const handlers: Handlers = {
  'vpc-create': network.createVpc,
  'subnet-create': network.createSubnet,
  'firewall-create': (context, task) => network.createFirewall(context, task.guarded, task.rules),
  'firewall-update': (context, task) => network.updateFirewall(context, task.guarded, task.rules),
  'firewall-narrow': (context, task) => network.updateFirewall(context, task.guarded, task.rules),
  'firewall-attach': (context, task) => network.attachFirewall(context, task.role, task.machine),
  'placement-create': (context, task) => network.createPlacementGroup(context, task.label),
  'placement-assign': (context, task) => network.assignPlacement(context, task.label, task.machine),
  'instance-create': (context, task) => machine.createInstance(context, task.machine),
  'instance-gone': (context, task) => machine.awaitGone(context, task.instanceId),
  'instance-tag': (context, task) => machine.tagInstance(context, task.machine),
  'instance-boot': (context, task) => machine.bootInstance(context, task.machine),
  'instance-reboot': (context, task) => machine.rebootInstance(context, task.machine),
  'machine-ready': (context, task) => machine.waitReady(context, task.machine),
  'ssh-keys-write': (context, task) => machine.writeAuthorizedKeys(context, task.machine),
  'package-install': (context, task) => search.installPackage(context, task.machine),
  'data-set-aside': (context, task) => search.setDataAside(context, task.machine),
  'files-write': (context, task) => machine.writeFiles(context, task.machine, task.form),
  'certificate-issue': (context, task) => certificate.issueCertificate(context, task.machine),
  'kernel-apply': (context, task) => machine.applyKernel(context, task.machine),
  'engine-start': (context, task) => search.startEngine(context, task.machine),
  'engine-upgrade': (context, task) => search.upgradeEngine(context, task.machine),
  'engine-restart': (context, task) => search.restartEngine(context, task.machine),
  'cluster-members': (context, task) => search.awaitMembers(context, task.machines),
  'cluster-seal': (context, task) => machine.removeInitialMasters(context, task.machine),
  'accounts-write': writeAccounts,
  'index-template': (context, task) => indices.putTemplate(context, task.index),
  'index-mapping': (context, task) => indices.changeMapping(context, task.index),
  'index-create': (context, task) => indices.makeIndex(context, task.index),
  'index-settings': (context, task) => indices.fitIndex(context, task.index, task.settings),
  'index-aliases': (context, task) => indices.nameIndex(context, task.index, task.aliases),
  'allocation-open': search.openAllocation,
  'voting-clear': search.clearVoting,
  'settings-clear': (context, task) => search.clearLeftovers(context, task.settings),
  'allocation-retry': search.retryAllocation,
  'service-keys-write': (context, task) => serviceKeys.writeServiceKeys(context, task.machine),
  'release-unpack': (context, task) => service.unpackRelease(context, task.machine),
  'service-start': (context, task) => service.startService(context, task.machine),
  'service-change': (context, task) => service.changeRunningService(context, task.machine),
  'gateway-unpack': (context, task) => gateway.unpackGateway(context, task.machine),
  'gateway-start': (context, task) => gateway.runGateway(context, task.machine),
  'gateway-change': (context, task) => gateway.runGateway(context, task.machine),
  'gateway-remove': (context, task) => gateway.removeGateway(context, task.machine),
  'balancer-create': balancer.createBalancer,
  'balancer-update': balancer.updateBalancer,
  'balancer-firewall': balancer.attachBalancerFirewall,
  'certificate-order': (context, task) => balancer.orderCertificate(context, task.port),
  'listener-create': (context, task) => balancer.createListener(context, task.port),
  'listener-update': (context, task) => balancer.updateListener(context, task.port, task.certificate),
  'backend-create': (context, task) => balancer.createBackend(context, task.port, task.machine),
  'backend-update': (context, task) => balancer.updateBackend(context, task.port, task.machine),
  'search-remove': (context, task) => search.removeMachine(context, task.object),
  'service-remove': (context, task) => service.removeMachine(context, task.object),
  'backend-remove': (context, task) => balancer.removeBackend(context, task.object),
  'object-delete': (context, task) => deleteObject(context.world, task.object),
};

/** Every kind of task. */
export const taskKinds = Object.keys(handlers) as readonly Task['kind'][];

export async function carryOut(context: StepContext, task: Task): Promise<void> {
  // The table is typed by kind; the compiler cannot derive that this handler takes this task.
  const handler = handlers[task.kind] as (context: StepContext, task: Task) => Promise<void>;
  await handler(context, task);
}
