// Carries out the steps on the NodeBalancer.
import { UnderstudyError } from '@understudy/foundation';
import { isLinodeError, type NodeBalancerNodeBody } from '../../linode/index.ts';
import type { ObservedBalancer } from '../../observe/index.ts';
import { balancerLabel, tagOf, type Listener, type MachinePlan } from '../../topology/index.ts';
import { backendBody, listenerBody, privateAddressOf } from '../plan/balancer-shape.ts';
import {
  selfSignedCertificate,
  selfSignedName,
  type Certificate,
  machineNamed,
  machinesFor,
} from '../../operation/index.ts';
import { createOnce } from './create-once.ts';
import { deleteObject } from './do-delete.ts';
import { needed } from './found.ts';
import type { Site } from './site.ts';
import type { ObjectToDelete } from '../plan/step.ts';

function listenerOn(site: Site, port: number): Listener {
  return needed(
    site.intent.topology.balancer.listeners.find((listener) => listener.port === port),
    `the listener on ${port}`,
  );
}

/** The plain listeners and their backends come with the balancer in one request: all of it, or nothing. */
export async function createBalancer(site: Site): Promise<void> {
  const { world, intent, found } = site;
  const { topology } = intent;
  const label = balancerLabel(topology.name);
  const subnetId = needed(found.subnetId, 'the subnet');
  const nodes = machinesFor(intent, 'service').map((machine) => backendOf(site, machine));
  const leg = { vpcs: [{ subnet_id: subnetId, ipv4_range: topology.network.balancerRange }] };
  const plain = topology.balancer.listeners.filter(({ protocol }) => protocol === 'http');
  const balancer = await createOnce({
    clock: world.clock,
    create: () =>
      world.linode.nodeBalancers.create({
        region: topology.region,
        label,
        tags: [tagOf(topology.name)],
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

function backendOf({ intent, found }: Site, machine: MachinePlan): NodeBalancerNodeBody {
  return backendBody(intent.topology, machine, {
    subnetId: needed(found.subnetId, 'the subnet'),
    privateAddress: privateAddressOf(found.instances.get(machine.label)),
  });
}

/** Not every account may have balancers in a VPC, and nothing in the API says so beforehand. */
function withoutVpc(error: unknown): unknown {
  if (!isLinodeError(error, 'linode-invalid', 'linode-forbidden')) return error;
  if (!error.errors.some(({ code }) => code === 'vpc')) return error;
  return new UnderstudyError(
    'reconcile-balancer-vpc',
    `Linode does not put the balancer into the private network here: ${error.errors.map(({ reason }) => reason).join('; ')} ` +
      'Set balancer: {backends: private} in the topology, destroy, and apply again: the service machines then get ' +
      'private addresses outside of the VPC.',
    { facts: { errors: error.errors }, cause: error },
  );
}

export async function tagBalancer({ world, intent, found }: Site): Promise<void> {
  const balancer = needed(found.balancer, 'the balancer');
  const tags = [...new Set([...balancer.tags, tagOf(intent.topology.name)])];
  found.balancer = await world.linode.nodeBalancers.update(balancer.id, { tags });
}

async function certificateFor(site: Site, listener: Listener): Promise<Certificate | undefined> {
  if (listener.protocol !== 'https') return undefined;
  const { clock } = site.world;
  const name = selfSignedName(site.intent.topology.name);
  const given = site.intent.certificates[listener.port];
  return given ?? selfSignedCertificate(name, site.found.balancer?.ipv4, clock.now());
}

export async function createListener(site: Site, port: number): Promise<void> {
  const { world, intent, found } = site;
  const balancer = needed(found.balancer, 'the balancer');
  const listener = listenerOn(site, port);
  const body = listenerBody(intent.topology, listener, await certificateFor(site, listener));
  const config = await createOnce({
    clock: world.clock,
    create: () => world.linode.nodeBalancers.configs.create(balancer.id, body),
    find: async () => (await world.linode.nodeBalancers.configs.list(balancer.id)).find((seen) => seen.port === port),
  });
  found.listeners.set(port, config.id);
  for (const machine of machinesFor(intent, 'service')) await createBackend(site, port, machine.label);
}

export async function updateListener(site: Site, port: number, renew: boolean): Promise<void> {
  const { world, intent, found } = site;
  const listener = listenerOn(site, port);
  const certificate = renew ? await certificateFor(site, listener) : undefined;
  await world.linode.nodeBalancers.configs.update(
    needed(found.balancer, 'the balancer').id,
    needed(found.listeners.get(port), `the listener on ${port}`),
    listenerBody(intent.topology, listener, certificate),
  );
}

export async function createBackend(site: Site, port: number, label: string): Promise<void> {
  const { world, intent, found } = site;
  const balancerId = needed(found.balancer, 'the balancer').id;
  const configId = needed(found.listeners.get(port), `the listener on ${port}`);
  const body = backendOf(site, machineNamed(intent, label));
  const { nodes } = world.linode.nodeBalancers;
  await createOnce({
    clock: world.clock,
    create: () => nodes.create(balancerId, configId, body),
    find: async () => (await nodes.list(balancerId, configId)).find((seen) => seen.label === label),
  });
}

export async function updateBackend(site: Site, port: number, label: string): Promise<void> {
  const { world, intent, found } = site;
  const balancerId = needed(found.balancer, 'the balancer').id;
  const configId = needed(found.listeners.get(port), `the listener on ${port}`);
  const body = backendOf(site, machineNamed(intent, label));
  const { nodes } = world.linode.nodeBalancers;
  const node = (await nodes.list(balancerId, configId)).find((seen) => seen.label === label);
  if (node) await nodes.update(balancerId, configId, node.id, body);
  else await createBackend(site, port, label);
}

/** The balancer's listeners as they are now, or the one with this id; none while there is no balancer. */
async function listenersWithNodes({ world, found }: Site, listenerId?: number): Promise<ObservedBalancer['configs']> {
  const { balancer } = found;
  if (!balancer) return [];
  const { configs, nodes } = world.linode.nodeBalancers;
  const chosen = (await configs.list(balancer.id)).filter(({ id }) => listenerId === undefined || id === listenerId);
  return Promise.all(chosen.map(async (config) => ({ config, nodes: await nodes.list(balancer.id, config.id) })));
}

/** A backend that has just been started is UP after as many checks as it takes, and a minute for Linode to tell. */
const othersServeWithinMs = 180_000;

/**
 * Waits until the balancer sees another service machine UP and accepting on every listener on which it sees this one so. A machine
 * that serves nobody may go at once. Error: `reconcile-no-other-backend`, and nothing was done.
 */
export async function awaitOthersServe(site: Site, label: string, listenerId?: number): Promise<void> {
  const { world, intent } = site;
  if (machinesFor(intent, 'service').length < 2) return;
  const end = world.clock.monotonicMs() + othersServeWithinMs;
  for (;;) {
    const alone = (await listenersWithNodes(site, listenerId)).flatMap(({ config, nodes }) => {
      const serving = nodes.filter(({ status, mode }) => status === 'UP' && mode === 'accept');
      return serving.length > 0 && serving.every((node) => node.label === label) ? [config.port] : [];
    });
    if (alone.length === 0) return;
    if (world.clock.monotonicMs() > end) {
      throw new UnderstudyError(
        'reconcile-no-other-backend',
        `On port ${alone.join(' and ')} the balancer sees nobody UP but ${label}, so it may not be taken away. Mend the others first: understudy status.`,
        { facts: { label, ports: alone } },
      );
    }
    await world.clock.sleep(1000, site.signal);
  }
}

/** What is in flight has this long to end once the balancer sends nothing new. */
const drainMs = 10_000;

/** Lets what is in flight end. A machine without a backend that takes requests needs no time for it. */
export async function drainBackends(site: Site, label: string, listenerId?: number): Promise<void> {
  const { clock, linode } = site.world;
  let drained = false;
  for (const { config, nodes } of await listenersWithNodes(site, listenerId)) {
    const node = nodes.find((candidate) => candidate.label === label);
    if (node?.mode !== 'accept') continue;
    await linode.nodeBalancers.nodes.update(config.nodebalancer_id, config.id, node.id, { mode: 'drain' });
    drained = true;
  }
  if (drained) await clock.sleep(drainMs, site.signal);
}

/** Drains, then removes. A backend that is gone already counts as removed. */
export async function removeBackend(site: Site, object: ObjectToDelete): Promise<void> {
  const [, configId] = object.parents;
  await awaitOthersServe(site, object.label, configId);
  await drainBackends(site, object.label, configId);
  await deleteObject(site.world, object);
}
