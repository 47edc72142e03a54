// Which machines a topology asks for, their private addresses, and their placement groups.
import { range, toAddress, type Range } from './address.ts';
import { machineLabel, placementGroupLabel } from './labels.ts';
import type { MachinePlan, Role, Topology } from './model.ts';

/** A placement group of Linode holds no more. https://techdocs.akamai.com/cloud-computing/docs/work-with-placement-groups */
export const maxMachinesPerGroup = 5;

/** Offsets from the first address of the subnet: fixed by the range alone, so that adding a machine moves no other. */
export interface Slots {
  readonly search: { readonly from: number; readonly count: number };
  readonly service: { readonly from: number; readonly count: number };
}

/** In a /24 search machines have .11 to .30 and service machines .31 upwards; a bigger range gives each role a half. */
export function slotsOf({ prefix }: Pick<Range, 'prefix'>): Slots {
  const size = 2 ** (32 - prefix);
  const serviceFrom = prefix >= 24 ? 31 : size / 2 + 11;
  return {
    search: { from: 11, count: serviceFrom - 11 },
    service: { from: serviceFrom, count: Math.max(0, size - 8 - serviceFrom) },
  };
}

/** Every machine of the topology, search first, in ordinal order. Pure: the same topology gives the same plans. */
export function machinePlans(topology: Topology): MachinePlan[] {
  const { search, service } = topology;
  return [
    ...plansOf(topology, 'search', search.nodes, search.machineType),
    ...plansOf(topology, 'service', service.instances, service.machineType),
  ];
}

function plansOf(topology: Topology, role: Role, count: number, machineType: string): MachinePlan[] {
  const groups = placementGroupLabels(topology, role);
  return Array.from({ length: count }, (_, index) => ({
    label: machineLabel(topology.name, role, index + 1),
    role,
    ordinal: index + 1,
    machineType,
    vpcAddress: vpcAddressOf(topology, role, index + 1),
    // Filled one after the other, so that adding a machine moves no other.
    placementGroup: groups[Math.floor(index / maxMachinesPerGroup)] ?? placementGroupLabel(topology.name, role),
  }));
}

/** The private address of a machine, whether or not the topology asks for it. */
export function vpcAddressOf({ network }: Pick<Topology, 'network'>, role: Role, ordinal: number): string {
  const subnet = range(network.range);
  return toAddress(subnet.first + slotsOf(subnet)[role].from + ordinal - 1);
}

/** Labels of the placement groups that a role needs: one for every five machines. */
export function placementGroupLabels(topology: Topology, role: Role): string[] {
  const machines = role === 'search' ? topology.search.nodes : topology.service.instances;
  const groups = Math.ceil(machines / maxMachinesPerGroup);
  return Array.from({ length: groups }, (_, index) => placementGroupLabel(topology.name, role, index + 1));
}
