// VPCs with their subnets, cloud firewalls with rules and devices, placement groups.
import {
  firewall,
  firewallDevice,
  firewallRules,
  placementGroup,
  subnet,
  vpc,
  vpcIp,
  type VpcIp,
} from './answers/network.ts';
import { verbs, type CallOptions, type Transport } from './call.ts';
import type { FirewallFilter, PlacementGroupFilter, SubnetFilter, VpcFilter } from './filter.ts';
import type {
  FirewallCreate,
  FirewallDeviceCreate,
  FirewallRulesBody,
  FirewallUpdate,
  PlacementGroupCreate,
  SubnetCreate,
  VpcCreate,
  VpcUpdate,
} from './requests.ts';

/** https://techdocs.akamai.com/linode-api/reference/get-vpcs; VPCs and subnets carry no tags. */
export function vpcOperations(transport: Transport) {
  const linode = verbs(transport);
  return {
    list: (filter?: VpcFilter, options?: CallOptions) => linode.list('vpcs.list', '/vpcs', vpc, options, filter),
    get: (id: number, options?: CallOptions) => linode.get('vpcs.get', `/vpcs/${id}`, vpc, options),
    create: (body: VpcCreate, options?: CallOptions) => linode.post('vpcs.create', '/vpcs', body, vpc, options),
    update: (id: number, body: VpcUpdate, options?: CallOptions) =>
      linode.put('vpcs.update', `/vpcs/${id}`, body, vpc, options),
    delete: (id: number, options?: CallOptions) => linode.delete('vpcs.delete', `/vpcs/${id}`, options),
    /** Every address held in the VPC and who holds it: one call instead of one per instance. */
    ips: async (id: number, options?: CallOptions): Promise<VpcIp[]> =>
      linode.list('vpcs.ips', `/vpcs/${id}/ips`, identifiedVpcIp, options),
    subnets: {
      list: (vpcId: number, filter?: SubnetFilter, options?: CallOptions) =>
        linode.list('vpcs.subnets.list', `/vpcs/${vpcId}/subnets`, subnet, options, filter),
      create: (vpcId: number, body: SubnetCreate, options?: CallOptions) =>
        linode.post('vpcs.subnets.create', `/vpcs/${vpcId}/subnets`, body, subnet, options),
      update: (vpcId: number, id: number, body: { readonly label: string }, options?: CallOptions) =>
        linode.put('vpcs.subnets.update', `/vpcs/${vpcId}/subnets/${id}`, body, subnet, options),
      delete: (vpcId: number, id: number, options?: CallOptions) =>
        linode.delete('vpcs.subnets.delete', `/vpcs/${vpcId}/subnets/${id}`, options),
    },
  };
}

/** The list has no ids of its own; subnet and address identify an entry across pages. */
const identifiedVpcIp = vpcIp.transform((ip) => ({
  ...ip,
  id: `${ip.subnet_id}/${ip.address ?? ip.address_range ?? ''}`,
}));

/** https://techdocs.akamai.com/linode-api/reference/get-firewalls */
export function firewallOperations(transport: Transport) {
  const linode = verbs(transport);
  const all = '/networking/firewalls';
  return {
    list: (filter?: FirewallFilter, options?: CallOptions) =>
      linode.list('firewalls.list', all, firewall, options, filter),
    get: (id: number, options?: CallOptions) => linode.get('firewalls.get', `${all}/${id}`, firewall, options),
    create: (body: FirewallCreate, options?: CallOptions) =>
      linode.post('firewalls.create', all, body, firewall, options),
    update: (id: number, body: FirewallUpdate, options?: CallOptions) =>
      linode.put('firewalls.update', `${all}/${id}`, body, firewall, options),
    delete: (id: number, options?: CallOptions) => linode.delete('firewalls.delete', `${all}/${id}`, options),
    rules: {
      get: (id: number, options?: CallOptions) =>
        linode.get('firewalls.rules.get', `${all}/${id}/rules`, firewallRules, options),
      /** Replaces every rule. */
      update: (id: number, body: FirewallRulesBody, options?: CallOptions) =>
        linode.put('firewalls.rules.update', `${all}/${id}/rules`, body, firewallRules, options),
    },
    devices: {
      list: (id: number, options?: CallOptions) =>
        linode.list('firewalls.devices.list', `${all}/${id}/devices`, firewallDevice, options),
      create: (id: number, body: FirewallDeviceCreate, options?: CallOptions) =>
        linode.post('firewalls.devices.create', `${all}/${id}/devices`, body, firewallDevice, options),
      delete: (id: number, deviceId: number, options?: CallOptions) =>
        linode.delete('firewalls.devices.delete', `${all}/${id}/devices/${deviceId}`, options),
    },
  };
}

/** https://techdocs.akamai.com/linode-api/reference/get-placement-groups; they carry no tags. */
export function placementGroupOperations(transport: Transport) {
  const linode = verbs(transport);
  const all = '/placement/groups';
  return {
    list: (filter?: PlacementGroupFilter, options?: CallOptions) =>
      linode.list('placementGroups.list', all, placementGroup, options, filter),
    get: (id: number, options?: CallOptions) =>
      linode.get('placementGroups.get', `${all}/${id}`, placementGroup, options),
    create: (body: PlacementGroupCreate, options?: CallOptions) =>
      linode.post('placementGroups.create', all, body, placementGroup, options),
    update: (id: number, body: { readonly label: string }, options?: CallOptions) =>
      linode.put('placementGroups.update', `${all}/${id}`, body, placementGroup, options),
    delete: (id: number, options?: CallOptions) => linode.delete('placementGroups.delete', `${all}/${id}`, options),
    assign: (id: number, linodes: readonly number[], options?: CallOptions) =>
      linode.post('placementGroups.assign', `${all}/${id}/assign`, { linodes }, placementGroup, options),
    unassign: (id: number, linodes: readonly number[], options?: CallOptions) =>
      linode.post('placementGroups.unassign', `${all}/${id}/unassign`, { linodes }, placementGroup, options),
  };
}
