// One look at the whole world: Linode's objects, every machine, the cluster. Reads only, everything in parallel.
import {
  allocation,
  clusterHealth,
  dialectOf,
  indexTemplate,
  membership,
  observeIndex,
  shards,
  type EngineTransport,
} from '../cluster/index.ts';
import { UnderstudyError } from '../ground/index.ts';
import type { Instance } from '../linode/index.ts';
import { machineSpec, observeMachine, type RemoteTarget } from '../machines/index.ts';
import { machinePlans, type MachinePlan, type Topology } from '../topology/index.ts';
import { instanceNamed } from './lookup.ts';
import { observeObjects } from './observe-objects.ts';
import type { ClusterSight, MachineSight, Observation, ObservedBalancer, ObservedCluster } from './observation.ts';
import type { EngineHost, World } from './world.ts';

/** Errors: those of the Linode client. What cannot be seen of a machine or the cluster is part of the answer instead. */
export async function observe(world: World, topology: Topology): Promise<Observation> {
  const objects = await observeObjects(world.linode, topology.name);
  const [machines, cluster, certificates] = await Promise.all([
    observeMachines(world, topology, objects.instances),
    observeCluster(world, topology, objects.instances),
    observeCertificates(world, objects.balancers),
  ]);
  return { at: new Date(world.clock.now()).toISOString(), objects, machines, cluster, certificates };
}

async function observeCertificates(
  world: World,
  balancers: readonly ObservedBalancer[],
): Promise<Observation['certificates']> {
  const listeners = balancers.flatMap(({ balancer, configs }) =>
    configs
      .filter(({ config }) => config.protocol === 'https')
      .map(({ config }) => ({ address: balancer.ipv4, port: config.port })),
  );
  const shown = await Promise.all(
    listeners.map(async ({ address, port }) => [port, await world.shownCertificate(address, port)] as const),
  );
  return Object.fromEntries(shown.flatMap(([port, certificate]) => (certificate ? [[port, certificate]] : [])));
}

/** The public address, by which SSH reaches the machine; Linode lists public addresses first. */
export function targetOf(instance: Instance): RemoteTarget {
  return { label: instance.label, address: instance.ipv4[0] ?? '', created: `${instance.created}Z` };
}

/** Search machines that run, as ways to the engine. */
export function engineHosts(topology: Topology, instances: readonly Instance[]): EngineHost[] {
  return machinePlans(topology)
    .filter((machine) => machine.role === 'search')
    .flatMap((machine) => {
      const instance = instanceNamed({ instances }, machine.label);
      return instance?.status === 'running' ? [{ target: targetOf(instance), vpcAddress: machine.vpcAddress }] : [];
    });
}

async function observeMachines(
  world: World,
  topology: Topology,
  instances: readonly Instance[],
): Promise<Readonly<Record<string, MachineSight>>> {
  const seen = await Promise.all(
    machinePlans(topology).map(async (machine): Promise<[string, MachineSight] | undefined> => {
      const instance = instanceNamed({ instances }, machine.label);
      return instance && [machine.label, await observeOne(world, topology, machine, instance)];
    }),
  );
  return Object.fromEntries(seen.filter((entry) => entry !== undefined));
}

async function observeOne(
  world: World,
  topology: Topology,
  plan: MachinePlan,
  instance: Instance,
): Promise<MachineSight> {
  if (instance.status !== 'running') {
    return { reached: false, code: 'off', reason: `its instance is ${instance.status}` };
  }
  try {
    const spec = machineSpec(topology.search.engine, plan.role, topology.search.failover);
    return { reached: true, machine: await observeMachine(world.runner, targetOf(instance), spec) };
  } catch (error) {
    if (error instanceof UnderstudyError) return { reached: false, code: error.code, reason: error.message };
    throw error;
  }
}

async function observeCluster(world: World, topology: Topology, instances: readonly Instance[]): Promise<ClusterSight> {
  const hosts = engineHosts(topology, instances);
  if (hosts.length === 0) return { answered: false, reason: 'no search machine runs' };
  const transport = world.transportFor(hosts);
  try {
    await transport.request('GET', '/', undefined, { timeoutMs: 5000 });
  } catch (error) {
    if (error instanceof UnderstudyError) return { answered: false, reason: error.message };
    throw error;
  }
  return { answered: true, cluster: await readCluster(transport, topology) };
}

/** Each part by itself: a cluster without an elected node still answers some of it, and the rest stays undefined. */
async function readCluster(transport: EngineTransport, topology: Topology): Promise<ObservedCluster> {
  const dialect = dialectOf(topology.search);
  const index = topology.search.index.name;
  const known = async <Value>(read: Promise<Value>): Promise<Value | undefined> => {
    try {
      return await read;
    } catch (error) {
      if (error instanceof UnderstudyError) return undefined;
      throw error;
    }
  };
  const [health, members, copies, allowed, template, observed] = await Promise.all([
    known(clusterHealth(transport, dialect)),
    known(membership(transport, dialect)),
    known(shards(transport)),
    known(allocation(transport)),
    known(indexTemplate(transport, index)),
    known(observeIndex(transport, index)),
  ]);
  return {
    health,
    membership: members,
    shards: copies ?? [],
    allocation: allowed ?? 'all',
    template,
    index: observed,
  };
}
