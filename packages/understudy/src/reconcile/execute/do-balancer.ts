// Carries out the steps on the NodeBalancer.
import { UnderstudyError } from '@understudy/foundation';
import { isLinodeError, type NodeBalancerNodeBody } from '../../linode/index.ts';
import { acmeOf, balancerLabel, firewallLabel, tagOf, type Listener, type MachinePlan } from '../../topology/index.ts';
import { backendBody, listenerBody, privateAddressOf } from '../plan/balancer-shape.ts';
import {
  selfSignedCertificate,
  selfSignedName,
  type Certificate,
  machineNamed,
  machinesFor,
} from '../../operation/index.ts';
import { awaitBackendsUp, backendsUp } from './balancer-backends.ts';
import { challengeFiles } from './challenge-hosts.ts';
import { createOnce } from './create-once.ts';
import { deleteObject } from './do-delete.ts';
import { needed } from './found.ts';
import { takeOut } from './take-out.ts';
import { awaitAnswers } from './service-checks.ts';
import type { StepContext } from './step-context.ts';
import type { ObjectToDelete } from '../plan/step.ts';

function listenerOn(context: StepContext, port: number): Listener {
  return needed(
    context.intent.topology.balancer.listeners.find((listener) => listener.port === port),
    `the listener on ${port}`,
  );
}

/** One request creates the balancer with its http listeners and their backends: all of them or none. */
export async function createBalancer(context: StepContext): Promise<void> {
  const { world, intent, found } = context;
  const { topology } = intent;
  const label = balancerLabel(topology.name);
  const subnetId = needed(found.subnetId, 'the subnet');
  const nodes = machinesFor(intent, 'service').map((machine) => backendOf(context, machine));
  const leg = { vpcs: [{ subnet_id: subnetId, ipv4_range: topology.network.balancerRange }] };
  const plain = topology.balancer.listeners.filter(({ protocol }) => protocol === 'http');
  const balancer = await createOnce({
    clock: world.clock,
    create: () =>
      world.linode.nodeBalancers.create({
        region: topology.region,
        label,
        tags: [tagOf(topology.name)],
        client_conn_throttle: topology.balancer.connectionsPerSecond,
        firewall_id: needed(
          found.firewalls.get(firewallLabel(topology.name, 'balancer')),
          'the firewall of the balancer',
        ),
        ...(topology.balancer.backends === 'vpc' ? leg : {}),
        configs: plain.map((listener) => ({ ...listenerBody(topology, listener), nodes })),
      }),
    find: async () =>
      (await world.linode.nodeBalancers.list({ label })).find(({ tags }) => tags.includes(tagOf(topology.name))),
  }).catch((error: unknown) => {
    throw withoutVpc(error);
  });
  found.balancer = balancer;
}

function backendOf({ intent, found }: StepContext, machine: MachinePlan): NodeBalancerNodeBody {
  return backendBody(intent.topology, machine, {
    subnetId: needed(found.subnetId, 'the subnet'),
    privateAddress: privateAddressOf(found.instances.get(machine.label)),
  });
}

/** Some accounts may not have balancers in a VPC, and the API does not report this before the request. */
function withoutVpc(error: unknown): unknown {
  if (!isLinodeError(error, 'linode-invalid', 'linode-forbidden')) return error;
  if (!error.errors.some(({ code }) => code === 'vpc')) return error;
  return new UnderstudyError(
    'reconcile-balancer-vpc',
    `Linode refuses to attach the balancer to the private network: ${error.errors.map(({ reason }) => reason).join('; ')} ` +
      'Set balancer: {backends: private} in the topology, destroy, and apply again: the service machines then get ' +
      'private addresses outside of the VPC.',
    { facts: { errors: error.errors }, cause: error },
  );
}

export async function updateBalancer({ world, intent: { topology }, found }: StepContext): Promise<void> {
  const balancer = needed(found.balancer, 'the balancer');
  const tags = [...new Set([...balancer.tags, tagOf(topology.name)])];
  found.balancer = await world.linode.nodeBalancers.update(balancer.id, {
    tags,
    client_conn_throttle: topology.balancer.connectionsPerSecond,
  });
}

export async function attachBalancerFirewall({ world, intent, found }: StepContext): Promise<void> {
  const { id } = needed(found.balancer, 'the balancer');
  const label = firewallLabel(intent.topology.name, 'balancer');
  const firewallId = needed(found.firewalls.get(label), 'the firewall of the balancer');
  const { devices } = world.linode.firewalls;
  await createOnce({
    clock: world.clock,
    create: () => devices.create(firewallId, { id, type: 'nodebalancer' }),
    find: async () =>
      (await devices.list(firewallId)).find(({ entity }) => entity.type === 'nodebalancer' && entity.id === id),
  });
}

/** Nothing of the balancer changes; the step of the listener gives it the certificate. */
export async function orderCertificate(context: StepContext, port: number): Promise<void> {
  const { intent, signal } = context;
  const listener = intent.topology.balancer.listeners.find((candidate) => candidate.port === port);
  const options = needed(listener && acmeOf(listener), `the certificate of ${port}`);
  await needed(intent.acme, 'the certificates of authorities').order(port, options, {
    signal,
    files: () => challengeFiles(context),
  });
}

async function certificateFor(context: StepContext, listener: Listener): Promise<Certificate | undefined> {
  if (listener.protocol !== 'https') return undefined;
  const { clock } = context.world;
  const name = selfSignedName(context.intent.topology.name);
  if (acmeOf(listener)) {
    return needed(context.intent.acme?.kept(listener.port), `the certificate of ${listener.port}`).certificate;
  }
  const given = context.intent.certificates[listener.port];
  return given ?? selfSignedCertificate(name, context.found.balancer?.ipv4, clock.now());
}

export async function createListener(context: StepContext, port: number): Promise<void> {
  const { world, intent, found } = context;
  const balancer = needed(found.balancer, 'the balancer');
  const listener = listenerOn(context, port);
  const body = listenerBody(intent.topology, listener, await certificateFor(context, listener));
  const config = await createOnce({
    clock: world.clock,
    create: () => world.linode.nodeBalancers.configs.create(balancer.id, body),
    find: async () => (await world.linode.nodeBalancers.configs.list(balancer.id)).find((seen) => seen.port === port),
  });
  found.listeners.set(port, config.id);
  for (const machine of machinesFor(intent, 'service')) await createBackend(context, port, machine.label);
}

/** Afterwards every backend that was UP is waited for: the next change of the service must not meet a balancer that checks anew. */
export async function updateListener(context: StepContext, port: number, renew: boolean): Promise<void> {
  const { world, intent, found } = context;
  const before = await backendsUp(context);
  const listener = listenerOn(context, port);
  const certificate = renew ? await certificateFor(context, listener) : undefined;
  await world.linode.nodeBalancers.configs.update(
    needed(found.balancer, 'the balancer').id,
    needed(found.listeners.get(port), `the listener on ${port}`),
    listenerBody(intent.topology, listener, certificate),
  );
  await awaitBackendsUp(context, before);
}

export async function createBackend(context: StepContext, port: number, label: string): Promise<void> {
  const { world, intent, found } = context;
  const balancerId = needed(found.balancer, 'the balancer').id;
  const configId = needed(found.listeners.get(port), `the listener on ${port}`);
  const body = backendOf(context, machineNamed(intent, label));
  const { nodes } = world.linode.nodeBalancers;
  await createOnce({
    clock: world.clock,
    create: () => nodes.create(balancerId, configId, body),
    find: async () => (await nodes.list(balancerId, configId)).find((seen) => seen.label === label),
  });
}

/** A backend that accepts no requests gets them again when its service answers. */
export async function updateBackend(context: StepContext, port: number, label: string): Promise<void> {
  const { world, intent, found } = context;
  const balancerId = needed(found.balancer, 'the balancer').id;
  const configId = needed(found.listeners.get(port), `the listener on ${port}`);
  const body = backendOf(context, machineNamed(intent, label));
  const { nodes } = world.linode.nodeBalancers;
  const node = (await nodes.list(balancerId, configId)).find((seen) => seen.label === label);
  if (node && node.mode !== 'accept') await awaitAnswers(context, label);
  if (node) await nodes.update(balancerId, configId, node.id, body);
  else await createBackend(context, port, label);
}

/** Drains, then removes. A backend that does not exist counts as removed. */
export async function removeBackend(context: StepContext, object: ObjectToDelete): Promise<void> {
  const [, configId] = object.parents;
  await takeOut(context, object.label, configId);
  await deleteObject(context.world, object);
}
