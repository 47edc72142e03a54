// The addresses in VPCs, of machines and of balancers, as the API lists them.
import { paged, type Call, type Json } from './route.ts';
import { parseRange, toAddress } from '../state/addresses.ts';
import type { LabStore } from '../state/store.ts';

import { attachments, type VpcAttachment } from './vpc-view.ts';

/** One address of a machine in a VPC, as /vpcs/ips and /linode/instances/{id}/ips show it. */
export function vpcAddressView(store: LabStore, attachment: VpcAttachment): Json {
  const { machine, subnetId, vpcId } = attachment;
  const range = parseRange(store.subnets.get(subnetId)?.range ?? '');
  const size = range === undefined ? 0 : range.last - range.first + 1;
  return {
    address: attachment.address,
    address_range: null,
    vpc_id: vpcId,
    subnet_id: subnetId,
    region: machine.region,
    linode_id: machine.id,
    config_id: attachment.configId,
    interface_id: attachment.interfaceId,
    nodebalancer_id: null,
    database_id: null,
    active: machine.status === 'running',
    nat_1_1: attachment.nat,
    gateway: range === undefined ? null : toAddress(range.first + 1),
    prefix: range?.prefix ?? null,
    subnet_mask: toAddress(2 ** 32 - size),
  };
}

export function listAddresses(call: Call, vpcId?: number): Json {
  const views = attachments(call.store)
    .filter((a) => vpcId === undefined || a.vpcId === vpcId)
    .map((a) => vpcAddressView(call.store, a));
  const ranges = [...call.store.balancerVpcs.values()]
    .filter((leg) => vpcId === undefined || leg.vpcId === vpcId)
    .map((leg) => balancerRangeView(call.store, leg));
  return paged(
    call,
    [...views, ...ranges],
    ['active', 'config_id', 'linode_id', 'region', 'vpc_id', 'nodebalancer_id', 'subnet_id'],
  );
}

function balancerRangeView(
  store: LabStore,
  leg: { balancerId: number; vpcId: number; subnetId: number; range: string },
): Json {
  return {
    address: null,
    address_range: leg.range,
    vpc_id: leg.vpcId,
    subnet_id: leg.subnetId,
    region: store.balancers.get(leg.balancerId)?.region ?? '',
    linode_id: null,
    config_id: null,
    interface_id: null,
    nodebalancer_id: leg.balancerId,
    database_id: null,
    active: true,
    nat_1_1: null,
    gateway: null,
    prefix: 30,
    subnet_mask: '255.255.255.252',
  };
}
