// The network interfaces of a new machine, in either of Linode's two generations: one to the Internet, one into the VPC,
// both behind the firewall of the machine's role.
import type { FirewallDevice, Instance, InstanceCreate } from '../linode/index.ts';
import type { MachinePlan } from '../topology/index.ts';
import type { Intent } from './intent.ts';

type InterfaceFields = Pick<InstanceCreate, 'interface_generation' | 'interfaces' | 'firewall_id' | 'private_ip'>;

/** The firewall guards a whole machine of legacy interfaces, and each interface of a machine of the other generation. */
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

/** Whether the firewall with these devices guards the machine: itself, or both of its interfaces. */
export function isGuarded(instance: Instance, devices: readonly FirewallDevice[]): boolean {
  if (instance.interface_generation !== 'linode')
    return devices.some(({ entity }) => entity.type === 'linode' && entity.id === instance.id);
  return guardedInterfaces(instance, devices).length >= 2;
}

/** Ids of the machine's interfaces among the devices: their address in the API names the machine. */
export function guardedInterfaces({ id }: Pick<Instance, 'id'>, devices: readonly FirewallDevice[]): number[] {
  return devices
    .filter(({ entity }) => entity.type === 'linode_interface' && entity.url?.includes(`/linode/instances/${id}/`))
    .map(({ entity }) => entity.id);
}
