// One observation of everything: Linode's objects, every machine, the cluster. Reads only, in parallel.
import { absent, look, unknown, type Seen } from '@understudy/foundation';
import type { Instance } from '../linode/index.ts';
import {
  gatewayProbe,
  healthProbe,
  machineSpec,
  observeMachine,
  type ObservedMachine,
  type RemoteTarget,
} from '../machines/index.ts';
import { machinePlans, type MachinePlan, type Topology } from '../topology/index.ts';
import { instanceNamed } from './lookup.ts';
import { observeCluster } from './observe-cluster.ts';
import { observeObjects } from './observe-objects.ts';
import { offCode, type Observation, type ObservedBalancer, type ObservedObjects } from './observation.ts';
import type { EngineHost, World } from './world.ts';

/** Errors: those of the Linode client. What cannot be seen of a machine or the cluster is part of the answer instead. */
export async function observe(world: World, topology: Topology): Promise<Observation> {
  const objects = await observeObjects(world.linode, topology.name);
  const [looks, cluster, certificates] = await Promise.all([
    observeMachines(world, topology, objects),
    observeSearchCluster(world, topology, objects.instances),
    observeCertificates(world, objects.balancers),
  ]);
  const machines = Object.fromEntries(looks.map(({ label, machine }) => [label, machine]));
  const clocksAheadMs = Object.fromEntries(
    looks.flatMap(({ label, aheadMs }) => (aheadMs === undefined ? [] : [[label, aheadMs]])),
  );
  const at = new Date(world.clock.now()).toISOString();
  return { at, objects, machines, clocksAheadMs, cluster, certificates };
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
  return Object.fromEntries(shown);
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

interface Look {
  readonly label: string;
  readonly machine: Seen<ObservedMachine>;
  readonly aheadMs: number | undefined;
}

async function observeMachines(
  world: World,
  topology: Topology,
  { instances, balancers }: Pick<ObservedObjects, 'instances' | 'balancers'>,
): Promise<Look[]> {
  // Why a backend is DOWN is asked on its machine; where none is, nothing needs the answer.
  const nodes = balancers.flatMap(({ configs }) => configs.flatMap((config) => config.nodes));
  const down = new Set(nodes.filter(({ status }) => status === 'DOWN').map(({ label }) => label));
  return await Promise.all(
    machinePlans(topology).map(async (plan) => {
      const { label } = plan;
      const askedMs = world.clock.now();
      const machine = await observeOne(world, topology, plan, {
        instance: instanceNamed({ instances }, label),
        isDown: down.has(label),
      });
      return { label, machine, aheadMs: aheadOf(machine, askedMs, world.clock.now()) };
    }),
  );
}

/** The answer's time was taken between question and answer: only what lies outside of that is a difference. */
function aheadOf(machine: Seen<ObservedMachine>, askedMs: number, answeredMs: number): number | undefined {
  if (machine.state !== 'seen' || machine.value.timeMs.state !== 'seen') return undefined;
  const timeMs = machine.value.timeMs.value;
  return Math.min(0, timeMs - askedMs) + Math.max(0, timeMs - answeredMs);
}

async function observeOne(
  world: World,
  topology: Topology,
  plan: MachinePlan,
  { instance, isDown }: { readonly instance: Instance | undefined; readonly isDown: boolean },
): Promise<Seen<ObservedMachine>> {
  if (!instance) return absent;
  if (instance.status !== 'running') return unknown(`its instance is ${instance.status}`, offCode);
  const basic = machineSpec(topology.search.engine, plan.role, topology.search.failover);
  const probes = [
    ...(isDown ? [healthProbe(topology, plan)] : []),
    ...(topology.service.gateway === 'off' ? [] : [gatewayProbe]),
  ];
  const spec = plan.role === 'service' && probes.length > 0 ? { ...basic, health: probes } : basic;
  return await look(observeMachine(world.runner, targetOf(instance), spec));
}

async function observeSearchCluster(
  world: World,
  topology: Topology,
  instances: readonly Instance[],
): Promise<Observation['cluster']> {
  const search = machinePlans(topology).filter(({ role }) => role === 'search');
  if (!search.some(({ label }) => instanceNamed({ instances }, label))) return absent;
  const hosts = engineHosts(topology, instances);
  if (hosts.length === 0) return unknown('no search machine runs', offCode);
  return await observeCluster(world.transportFor(hosts), topology);
}
