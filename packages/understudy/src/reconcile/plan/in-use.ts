// What uses the network of the system now and is not in the topology: machines that leave, ports that change. Firewalls let it in
// until it is gone. Pure.
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

/** `isGone`: whether the plan removes this machine, so that it is not counted. Default: none is. */
export function inUse(
  { topology, ...intent }: Intent,
  { objects }: Pick<Observation, 'objects'>,
  isGone: (instance: { readonly id: number; readonly label: string }) => boolean = () => false,
): InUse {
  const leaving = (role: Role): string[] =>
    objects.instances
      .filter((instance) => !askedMachine({ topology, ...intent }, instance.label) && !isGone(instance))
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
      .flatMap(({ nodes }) => nodes.map(({ address }) => portOf(address)))
      .filter((port) => port !== topology.service.port),
    listenerPorts: configs.map(({ config }) => config.port).filter((port) => !asked.includes(port)),
  };
}
