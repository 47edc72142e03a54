// What uses the network of the system now and is not in the topology: machines that leave, ports that change. Firewalls let it in
// until it is gone. Pure.
import type { FirewallRules, NodeBalancerNode } from '../../linode/index.ts';
import type { Observation } from '../../observe/index.ts';
import { balancerLabel, vpcAddressOf, type Role } from '../../topology/index.ts';
import { askedMachine, type Intent } from '../../operation/index.ts';

export interface InUse {
  /** Private addresses. */
  readonly machines: Readonly<Record<Role, readonly string[]>>;
  /** Ports to which the balancer sends requests. */
  readonly servicePorts: readonly number[];
  readonly listenerPorts: readonly number[];
}

export const nothingMore: InUse = { machines: { search: [], service: [] }, servicePorts: [], listenerPorts: [] };

/** Of `10.20.0.31:5000`. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

/** The part of it that these rules let in already: nothing is opened for what somebody else made. */
export function letInAlready(more: InUse, { inbound }: Pick<FirewallRules, 'inbound'>): InUse {
  const ports = new Set(inbound.flatMap((rule) => (rule.ports ?? '').split(',').map(Number)));
  const addresses = new Set(inbound.flatMap((rule) => rule.addresses.ipv4 ?? []));
  const machines = (role: Role): string[] => more.machines[role].filter((address) => addresses.has(`${address}/32`));
  return {
    machines: { search: machines('search'), service: machines('service') },
    servicePorts: more.servicePorts.filter((port) => ports.has(port)),
    listenerPorts: more.listenerPorts.filter((port) => ports.has(port)),
  };
}

/** What a plan takes out of use. */
export interface Ending {
  readonly machine: (instance: { readonly id: number; readonly label: string }) => boolean;
  /** Removed, or sent to the port of the topology. */
  readonly backend: (node: NodeBalancerNode, listenerPort: number) => boolean;
  readonly listener: (port: number) => boolean;
}

const nothingEnds: Ending = { machine: () => false, backend: () => false, listener: () => false };

/** `ends`: what is not counted. Default: everything is. */
export function inUse(intent: Intent, { objects }: Pick<Observation, 'objects'>, ends = nothingEnds): InUse {
  const { topology } = intent;
  const leaving = (role: Role): string[] =>
    objects.instances
      .filter((instance) => !askedMachine(intent, instance.label) && !ends.machine(instance))
      .flatMap(({ label }) => {
        const start = `${topology.name}-${role}-`;
        const ordinal = label.startsWith(start) ? Number(label.slice(start.length)) : NaN;
        return Number.isInteger(ordinal) ? [vpcAddressOf(topology, role, ordinal)] : [];
      });
  const balancer = objects.balancers.find((seen) => seen.balancer.label === balancerLabel(topology.name));
  const configs = balancer?.configs ?? [];
  const asked = topology.balancer.listeners.map(({ port }) => port);
  return {
    machines: { search: leaving('search'), service: leaving('service') },
    servicePorts: configs
      .flatMap(({ config, nodes }) => nodes.filter((node) => !ends.backend(node, config.port)))
      .map(({ address }) => portOf(address))
      .filter((port) => port !== topology.service.port),
    listenerPorts: configs
      .map(({ config }) => config.port)
      .filter((port) => !asked.includes(port) && !ends.listener(port)),
  };
}
