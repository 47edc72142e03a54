// VPCs with their subnets, cloud firewalls with rules and devices, placement groups.
import { nothing } from './instances.ts';
import { firewall, firewallDevice, firewallRules, placementGroup, subnet, vpc, vpcIp } from './answers.ts';
import type { CallOptions, Transport } from './call.ts';
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
  const at = (id: number, rest = '') => `/vpcs/${id}${rest}`;
  return {
    list: (filter?: VpcFilter, options: CallOptions = {}) =>
      transport.list({ ...options, name: 'vpcs.list', path: '/vpcs', filter, item: vpc, pageSize: 500 }),
    get: (id: number, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'vpcs.get', method: 'GET', path: at(id), answer: vpc }),
    create: (body: VpcCreate, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'vpcs.create', method: 'POST', path: '/vpcs', body, answer: vpc }),
    update: (id: number, body: VpcUpdate, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'vpcs.update', method: 'PUT', path: at(id), body, answer: vpc }),
    delete: (id: number, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'vpcs.delete', method: 'DELETE', path: at(id), answer: nothing }),
    /** Every address held in the VPC and who holds it: one call instead of one per instance. */
    ips: (id: number, options: CallOptions = {}) =>
      transport
        .list({
          ...options,
          name: 'vpcs.ips',
          path: at(id, '/ips'),
          // The list has no ids of its own; address and subnet identify an entry.
          item: vpcIp.transform((ip) => ({ ...ip, id: `${ip.subnet_id}/${ip.address ?? ip.address_range ?? ''}` })),
          pageSize: 500,
        })
        .then((list) => list.map(({ id: _, ...ip }) => ip)),
    subnets: {
      list: (vpcId: number, filter?: SubnetFilter, options: CallOptions = {}) =>
        transport.list({
          ...options,
          name: 'vpcs.subnets.list',
          path: at(vpcId, '/subnets'),
          filter,
          item: subnet,
          pageSize: 500,
        }),
      create: (vpcId: number, body: SubnetCreate, options: CallOptions = {}) =>
        transport.send({
          ...options,
          name: 'vpcs.subnets.create',
          method: 'POST',
          path: at(vpcId, '/subnets'),
          body,
          answer: subnet,
        }),
      update: (vpcId: number, id: number, body: { readonly label: string }, options: CallOptions = {}) =>
        transport.send({
          ...options,
          name: 'vpcs.subnets.update',
          method: 'PUT',
          path: at(vpcId, `/subnets/${id}`),
          body,
          answer: subnet,
        }),
      delete: (vpcId: number, id: number, options: CallOptions = {}) =>
        transport.send({
          ...options,
          name: 'vpcs.subnets.delete',
          method: 'DELETE',
          path: at(vpcId, `/subnets/${id}`),
          answer: nothing,
        }),
    },
  };
}

/** https://techdocs.akamai.com/linode-api/reference/get-firewalls */
export function firewallOperations(transport: Transport) {
  const at = (id: number, rest = '') => `/networking/firewalls/${id}${rest}`;
  return {
    list: (filter?: FirewallFilter, options: CallOptions = {}) =>
      transport.list({
        ...options,
        name: 'firewalls.list',
        path: '/networking/firewalls',
        filter,
        item: firewall,
        pageSize: 500,
      }),
    get: (id: number, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'firewalls.get', method: 'GET', path: at(id), answer: firewall }),
    create: (body: FirewallCreate, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'firewalls.create',
        method: 'POST',
        path: '/networking/firewalls',
        body,
        answer: firewall,
      }),
    update: (id: number, body: FirewallUpdate, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'firewalls.update', method: 'PUT', path: at(id), body, answer: firewall }),
    delete: (id: number, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'firewalls.delete', method: 'DELETE', path: at(id), answer: nothing }),
    rules: {
      get: (id: number, options: CallOptions = {}) =>
        transport.send({
          ...options,
          name: 'firewalls.rules.get',
          method: 'GET',
          path: at(id, '/rules'),
          answer: firewallRules,
        }),
      /** Replaces every rule. */
      update: (id: number, body: FirewallRulesBody, options: CallOptions = {}) =>
        transport.send({
          ...options,
          name: 'firewalls.rules.update',
          method: 'PUT',
          path: at(id, '/rules'),
          body,
          answer: firewallRules,
        }),
    },
    devices: {
      list: (id: number, options: CallOptions = {}) =>
        transport.list({
          ...options,
          name: 'firewalls.devices.list',
          path: at(id, '/devices'),
          item: firewallDevice,
          pageSize: 500,
        }),
      create: (id: number, body: FirewallDeviceCreate, options: CallOptions = {}) =>
        transport.send({
          ...options,
          name: 'firewalls.devices.create',
          method: 'POST',
          path: at(id, '/devices'),
          body,
          answer: firewallDevice,
        }),
      delete: (id: number, deviceId: number, options: CallOptions = {}) =>
        transport.send({
          ...options,
          name: 'firewalls.devices.delete',
          method: 'DELETE',
          path: at(id, `/devices/${deviceId}`),
          answer: nothing,
        }),
    },
  };
}

/** https://techdocs.akamai.com/linode-api/reference/get-placement-groups; they carry no tags. */
export function placementGroupOperations(transport: Transport) {
  const at = (id: number, rest = '') => `/placement/groups/${id}${rest}`;
  const move =
    (verb: 'assign' | 'unassign') =>
    (id: number, linodes: readonly number[], options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: `placementGroups.${verb}`,
        method: 'POST',
        path: at(id, `/${verb}`),
        body: { linodes },
        answer: placementGroup,
      });
  return {
    list: (filter?: PlacementGroupFilter, options: CallOptions = {}) =>
      transport.list({
        ...options,
        name: 'placementGroups.list',
        path: '/placement/groups',
        filter,
        item: placementGroup,
        pageSize: 500,
      }),
    get: (id: number, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'placementGroups.get', method: 'GET', path: at(id), answer: placementGroup }),
    create: (body: PlacementGroupCreate, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'placementGroups.create',
        method: 'POST',
        path: '/placement/groups',
        body,
        answer: placementGroup,
      }),
    update: (id: number, body: { readonly label: string }, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'placementGroups.update',
        method: 'PUT',
        path: at(id),
        body,
        answer: placementGroup,
      }),
    delete: (id: number, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'placementGroups.delete', method: 'DELETE', path: at(id), answer: nothing }),
    assign: move('assign'),
    unassign: move('unassign'),
  };
}
