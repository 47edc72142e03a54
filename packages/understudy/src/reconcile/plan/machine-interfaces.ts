// The network interfaces of a new machine, in either of Linode's two generations: one to the Internet, one into the VPC,
// both behind the firewall of the machine's role.
import type { FirewallDevice, Instance, InstanceCreate } from '../../linode/index.ts';
import { oncePer } from '@understudy/foundation';
import type { MachinePlan } from '../../topology/index.ts';
import type { Intent } from '../../operation/index.ts';

type InterfaceFields = Pick<InstanceCreate, 'interface_generation' | 'interfaces' | 'firewall_id' | 'private_ip'>;

/** With legacy interfaces the firewall is attached to the machine; with Linode interfaces, to each interface. */
export function interfacesOf(
  intent: Intent,
  machine: MachinePlan,
  { firewallId, subnetId }: { readonly firewallId: number; readonly subnetId: number },
): InterfaceFields {
  if (intent.interfaceGeneration === 'linode') {
    const addresses = (address: string) => ({ ipv4: { addresses: [{ address, primary: true }] } });
    return {
      interface_generation: 'linode',
      interfaces: [
        { firewall_id: firewallId, default_route: { ipv4: true }, public: addresses('auto') },
        { firewall_id: firewallId, vpc: { subnet_id: subnetId, ...addresses(machine.vpcAddress) } },
      ],
    };
  }
  const byPrivateAddress = machine.role === 'service' && intent.topology.balancer.backends === 'private';
  return {
    interface_generation: 'legacy_config',
    firewall_id: firewallId,
    ...(byPrivateAddress ? { private_ip: true } : {}),
    interfaces: [
      { purpose: 'public', primary: true },
      { purpose: 'vpc', subnet_id: subnetId, ipv4: { vpc: machine.vpcAddress } },
    ],
  };
}

/** Whether the firewall with these devices covers the machine, or both of its interfaces. */
export function isGuarded(instance: Instance, devices: readonly FirewallDevice[]): boolean {
  if (instance.interface_generation !== 'linode') return guardedBy(devices).machines.has(instance.id);
  return guardedInterfaces(instance, devices).length >= 2;
}

/** The machines among the devices, and the interfaces by machine id, which is part of their API URL. */
const guardedBy = oncePer((devices: readonly FirewallDevice[]) => {
  const entities = devices.map(({ entity }) => entity);
  const machineOf = (url = ''): number => Number(/\/linode\/instances\/(\d+)\//.exec(url)?.[1]);
  return {
    machines: new Set(entities.filter(({ type }) => type === 'linode').map(({ id }) => id)),
    interfaces: Map.groupBy(
      entities.filter(({ type }) => type === 'linode_interface'),
      ({ url }) => machineOf(url ?? undefined),
    ),
  };
});

/** Ids of the machine's interfaces among the devices. */
export function guardedInterfaces({ id }: Pick<Instance, 'id'>, devices: readonly FirewallDevice[]): number[] {
  return (guardedBy(devices).interfaces.get(id) ?? []).map((entity) => entity.id);
}
