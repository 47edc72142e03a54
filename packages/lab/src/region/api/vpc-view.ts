// VPCs and subnets as the API shows them, and what is attached to them.
import { type Json } from './route.ts';
import type { Machine, Subnet, Vpc } from '../state/model.ts';
import type { LabStore } from '../state/store.ts';

/** RFC 1918. */
export const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

export const subnetsOf = (store: LabStore, vpcId: number): Subnet[] =>
  [...store.subnets.values()].filter((s) => s.vpcId === vpcId);

export interface VpcAttachment {
  readonly machine: Machine;
  readonly interfaceId: number;
  readonly configId: number | null;
  readonly subnetId: number;
  readonly vpcId: number;
  readonly address: string;
  readonly nat: string | null;
}

/** Every interface of an existing machine in any subnet. */
export function attachments(store: LabStore): VpcAttachment[] {
  return [...store.machines.values()].flatMap((machine) => {
    if (machine.status === 'deleting') return [];
    const legacy = machine.configs.flatMap((config) =>
      config.interfaces.map((i) => ({ ...i, configId: config.id, address: i.vpcAddress })),
    );
    const modern = machine.interfaces.map((i) => ({ ...i, configId: null }));
    return [...legacy, ...modern].flatMap(({ id, configId, subnetId, vpcId, address, nat }) =>
      subnetId === null || vpcId === null || address === null
        ? []
        : [{ machine, interfaceId: id, configId, subnetId, vpcId, address, nat }],
    );
  });
}

export function subnetView(store: LabStore, subnet: Subnet): Json {
  const linodes = new Map<number, Json[]>();
  for (const attachment of attachments(store).filter((a) => a.subnetId === subnet.id)) {
    const { machine, interfaceId, configId } = attachment;
    const interfaces = linodes.get(machine.id) ?? [];
    interfaces.push({ id: interfaceId, config_id: configId, active: machine.status === 'running' });
    linodes.set(machine.id, interfaces);
  }
  const balancers = [...store.balancerVpcs.values()].filter((vpc) => vpc.subnetId === subnet.id);
  return {
    id: subnet.id,
    label: subnet.label,
    ipv4: subnet.range,
    ipv6: null,
    linodes: [...linodes].map(([id, interfaces]) => ({ id, interfaces })),
    databases: [],
    nodebalancers: balancers.map((vpc) => ({ id: vpc.balancerId, ipv4_range: vpc.range })),
    created: subnet.created,
    updated: subnet.updated,
  };
}

export function vpcView(store: LabStore, vpc: Vpc): Json {
  return {
    id: vpc.id,
    label: vpc.label,
    description: vpc.description,
    region: vpc.region,
    ipv4: privateRanges.map((range) => ({ range })),
    ipv6: null,
    vpc_type: 'regular',
    subnets: subnetsOf(store, vpc.id).map((subnet) => subnetView(store, subnet)),
    created: vpc.created,
    updated: vpc.updated,
  };
}
