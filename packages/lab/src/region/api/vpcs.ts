// VPCs and their subnets: rules of labels and ranges, and what may be changed or deleted.
import { found, refuse } from './answer.ts';
import { offers, regionOf } from './catalogue.ts';
import { Input, vpcLabel } from './input.ts';
import { idOf, listRoute, type Call, type Json, type Route } from './route.ts';
import { overlap, parseRange } from '../state/addresses.ts';
import { entity } from '../state/events.ts';
import type { Subnet, Vpc } from '../state/model.ts';

import { listAddresses } from './vpc-addresses.ts';
import { attachments, privateRanges, subnetsOf, subnetView, vpcView } from './vpc-view.ts';

/** Linode's own private network; no subnet may touch it. */
const reservedRange = '192.168.128.0/17';

function checkRange(input: Input, others: readonly string[]): string | undefined {
  const text = input.text('ipv4');
  if (text === undefined) return undefined;
  const range = parseRange(text);
  const inside = (outer: string): boolean => {
    const bounds = parseRange(outer);
    return range !== undefined && bounds !== undefined && range.first >= bounds.first && range.last <= bounds.last;
  };
  const touches = (other: string): boolean => {
    const bounds = parseRange(other);
    return range !== undefined && bounds !== undefined && overlap(range, bounds);
  };
  if (range === undefined) input.refuse('Must be an IPv4 network in CIDR format', 'ipv4');
  else if (range.prefix > 29) input.refuse('Prefix length must be between 1 and 29', 'ipv4');
  else if (!privateRanges.some(inside)) input.refuse('Must be a private (RFC 1918) IPv4 network', 'ipv4');
  else if (touches(reservedRange)) input.refuse(`Must not overlap with ${reservedRange}`, 'ipv4');
  else if (others.some(touches)) input.refuse('Must not overlap with other subnets of the VPC', 'ipv4');
  return text;
}

function newSubnet(call: Call, vpcId: number, label: string, range: string): Subnet {
  const subnet = { id: call.store.newId(), vpcId, label, range, created: call.time, updated: call.time };
  call.store.subnets.set(subnet.id, subnet);
  call.sync.apply('subnet', subnet.id);
  return subnet;
}

function createVpc(call: Call): Json {
  const input = new Input(call.body);
  input.require('label', 'region');
  const label = input.text('label', vpcLabel);
  const description = input.text('description', { most: 255 }) ?? '';
  const region = input.text('region');
  if (region !== undefined && regionOf(region) === undefined) input.refuse('region is not valid', 'region');
  else if (region !== undefined && !offers(region, 'VPCs')) input.refuse('region does not support VPCs', 'region');
  if ([...call.store.vpcs.values()].some((vpc) => vpc.label === label))
    input.refuse('Label must be unique among your VPCs', 'label');
  const wanted: { label: string; range: string }[] = [];
  for (const part of input.objects('subnets') ?? []) {
    part.require('label', 'ipv4');
    const subnetLabel = part.text('label', vpcLabel);
    const range = checkRange(
      part,
      wanted.map((w) => w.range),
    );
    if (wanted.some((w) => w.label === subnetLabel)) part.refuse('Label must be unique', 'label');
    if (subnetLabel !== undefined && range !== undefined) wanted.push({ label: subnetLabel, range });
  }
  input.done();
  const vpc: Vpc = {
    id: call.store.newId(),
    label: label ?? '',
    description,
    region: region ?? '',
    created: call.time,
    updated: call.time,
  };
  call.store.vpcs.set(vpc.id, vpc);
  call.events.note('vpc_create', aboutVpc(vpc));
  for (const { label: subnetLabel, range } of wanted) {
    const subnet = newSubnet(call, vpc.id, subnetLabel, range);
    call.events.note('subnet_create', aboutSubnet(subnet), aboutVpc(vpc));
  }
  return vpcView(call.store, vpc);
}

const aboutVpc = (vpc: Vpc): ReturnType<typeof entity> => entity('vpc', vpc.id, vpc.label);
const aboutSubnet = (subnet: Subnet): ReturnType<typeof entity> =>
  entity('subnet', subnet.id, subnet.label, `/v4/vpcs/${subnet.vpcId}/subnets/${subnet.id}`);

const vpcOf = (call: Call): Vpc => found(call.store.vpcs.get(idOf(call, 'vpcId')));

function subnetOf(call: Call): Subnet {
  const subnet = found(call.store.subnets.get(idOf(call, 'vpcSubnetId')));
  return found(subnet.vpcId === vpcOf(call).id ? subnet : undefined);
}

function updateVpc(call: Call): Json {
  const vpc = vpcOf(call);
  const input = new Input(call.body);
  const label = input.text('label', vpcLabel);
  const description = input.text('description', { most: 255 });
  if ([...call.store.vpcs.values()].some((other) => other !== vpc && other.label === label))
    input.refuse('Label must be unique among your VPCs', 'label');
  input.done();
  vpc.label = label ?? vpc.label;
  vpc.description = description ?? vpc.description;
  vpc.updated = call.time;
  call.events.note('vpc_update', aboutVpc(vpc));
  return vpcView(call.store, vpc);
}

function refuseWhileUsed(call: Call, subnet: Subnet): void {
  if (attachments(call.store).some((a) => a.subnetId === subnet.id))
    throw refuse('Cannot delete a subnet that has Linodes attached');
  if ([...call.store.balancerVpcs.values()].some((vpc) => vpc.subnetId === subnet.id)) {
    throw refuse('Cannot delete a subnet that has NodeBalancers attached');
  }
}

function dropSubnet(call: Call, subnet: Subnet): void {
  call.store.subnets.delete(subnet.id);
  const leaving = [...call.store.machines.values()].filter((m) => m.status === 'deleting').map((m) => m.id);
  call.sync.remove({ kind: 'subnet', id: subnet.id, afterMachines: leaving });
}

function deleteVpc(call: Call): Json {
  const vpc = vpcOf(call);
  const subnets = subnetsOf(call.store, vpc.id);
  for (const subnet of subnets) refuseWhileUsed(call, subnet);
  for (const subnet of subnets) dropSubnet(call, subnet);
  call.store.vpcs.delete(vpc.id);
  call.events.note('vpc_delete', aboutVpc(vpc));
  return {};
}

function createSubnet(call: Call): Json {
  const vpc = vpcOf(call);
  const siblings = subnetsOf(call.store, vpc.id);
  const input = new Input(call.body);
  input.require('label', 'ipv4');
  const label = input.text('label', vpcLabel);
  const range = checkRange(
    input,
    siblings.map((s) => s.range),
  );
  if (siblings.some((s) => s.label === label)) input.refuse('Label must be unique', 'label');
  input.done();
  const subnet = newSubnet(call, vpc.id, label ?? '', range ?? '');
  call.events.note('subnet_create', aboutSubnet(subnet), aboutVpc(vpc));
  return subnetView(call.store, subnet);
}

function updateSubnet(call: Call): Json {
  const subnet = subnetOf(call);
  const input = new Input(call.body);
  const label = input.text('label', vpcLabel);
  if (subnetsOf(call.store, subnet.vpcId).some((s) => s !== subnet && s.label === label))
    input.refuse('Label must be unique', 'label');
  input.done();
  subnet.label = label ?? subnet.label;
  subnet.updated = call.time;
  call.events.note('subnet_update', aboutSubnet(subnet));
  return subnetView(call.store, subnet);
}

function deleteSubnet(call: Call): Json {
  const subnet = subnetOf(call);
  refuseWhileUsed(call, subnet);
  dropSubnet(call, subnet);
  call.events.note('subnet_delete', aboutSubnet(subnet));
  return {};
}

const vpcFields = ['created', 'id', 'label', 'region', 'updated'];
const subnetFields = ['created', 'id', 'label', 'updated'];
// As recorded: any token may look at VPCs, but for the addresses in them.
const read = '*';
const readAddresses = 'ips:read_only';
const write = 'vpc:read_write';

export const vpcRoutes: readonly Route[] = [
  listRoute('/vpcs', read, (call) => [...call.store.vpcs.values()].map((vpc) => vpcView(call.store, vpc)), vpcFields),
  { method: 'POST', path: '/vpcs', scope: write, rate: 'vpc-create', handle: createVpc },
  { method: 'GET', path: '/vpcs/ips', scope: readAddresses, handle: (call) => listAddresses(call) },
  { method: 'GET', path: '/vpcs/:vpcId', scope: read, handle: (call) => vpcView(call.store, vpcOf(call)) },
  { method: 'PUT', path: '/vpcs/:vpcId', scope: write, handle: updateVpc },
  { method: 'DELETE', path: '/vpcs/:vpcId', scope: write, handle: deleteVpc },
  {
    method: 'GET',
    path: '/vpcs/:vpcId/ips',
    scope: readAddresses,
    handle: (call) => listAddresses(call, vpcOf(call).id),
  },
  listRoute(
    '/vpcs/:vpcId/subnets',
    read,
    (call) => subnetsOf(call.store, vpcOf(call).id).map((s) => subnetView(call.store, s)),
    subnetFields,
  ),
  { method: 'POST', path: '/vpcs/:vpcId/subnets', scope: write, handle: createSubnet },
  {
    method: 'GET',
    path: '/vpcs/:vpcId/subnets/:vpcSubnetId',
    scope: read,
    handle: (call) => subnetView(call.store, subnetOf(call)),
  },
  { method: 'PUT', path: '/vpcs/:vpcId/subnets/:vpcSubnetId', scope: write, handle: updateSubnet },
  { method: 'DELETE', path: '/vpcs/:vpcId/subnets/:vpcSubnetId', scope: write, handle: deleteSubnet },
];
