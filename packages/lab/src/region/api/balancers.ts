// NodeBalancers: create with configurations and a leg in a VPC, update, delete, statistics, firewalls.
import { found, refuse } from './answer.ts';
import { readConfig, createConfig, type ConfigRequest } from './balancer-configs.ts';
import { aboutBalancer, balancerOf, balancerView } from './balancer-view.ts';
import { offers, regionOf } from './catalogue.ts';
import { attachDevice, detachEverywhere, firewallsOf, setFirewalls } from './firewall-devices.ts';
import { firewallView } from './firewalls.ts';
import { Input } from './input.ts';
import { idOf, listRoute, paged, type Call, type Json, type Route } from './route.ts';
import {
  balancerRangesIn,
  contains,
  freeBalancerAddress,
  freeBalancerRange,
  machineAddressesIn,
  overlap,
  parseRange,
} from '../state/addresses.ts';
import type { Balancer, BalancerVpc } from '../state/model.ts';

const label = {
  least: 3,
  most: 32,
  pattern: /^[a-zA-Z0-9](?:(?!--|__)[a-zA-Z0-9\-_])*$/,
  reason: 'Must only use ASCII letters, numbers, underscores, and dashes',
};

function taken(call: Call, name: string | undefined, but?: Balancer): boolean {
  return [...call.store.balancers.values()].some((balancer) => balancer !== but && balancer.label === name);
}

interface LegRequest {
  readonly subnetId: number;
  readonly vpcId: number;
  readonly range: string;
}

/** `vpcs: [{subnet_id, ipv4_range}]`; the range is a free /30 when not given. */
function readLegs(call: Call, input: Input, region: string): LegRequest[] {
  const parts = input.objects('vpcs') ?? [];
  if (parts.length > 1) input.refuse('Must have at most one VPC', 'vpcs');
  return parts.flatMap((part) => {
    part.require('subnet_id');
    const subnetId = part.id('subnet_id');
    const subnet = subnetId === undefined ? undefined : call.store.subnets.get(subnetId);
    if (subnetId === undefined) return [];
    if (subnet === undefined || call.store.vpcs.get(subnet.vpcId)?.region !== region) {
      part.refuse('subnet_id is not valid', 'subnet_id');
      return [];
    }
    const range = legRange(call, part, subnet);
    return range === undefined ? [] : [{ subnetId: subnet.id, vpcId: subnet.vpcId, range }];
  });
}

function legRange(call: Call, part: Input, subnet: { id: number; range: string }): string | undefined {
  const bounds = parseRange(subnet.range);
  const asked = part.text('ipv4_range');
  if (bounds === undefined) return undefined;
  if (asked === undefined) {
    const free = freeBalancerRange(call.store, subnet.id, bounds);
    if (free === undefined) part.refuse('No free /30 is left in the subnet', 'ipv4_range');
    return free;
  }
  const range = parseRange(asked);
  if (range?.prefix !== 30) part.refuse('Must be an IPv4 network with a prefix length of 30', 'ipv4_range');
  else if (range.first < bounds.first || range.last > bounds.last)
    part.refuse('Must be inside the subnet', 'ipv4_range');
  else if ([...machineAddressesIn(call.store, subnet.id).keys()].some((address) => contains(range, address))) {
    part.refuse('Range holds an address that a Linode uses', 'ipv4_range');
  } else if (balancerRangesIn(call.store, subnet.id).some((other) => overlap(range, other))) {
    part.refuse('Range is already in use by a NodeBalancer', 'ipv4_range');
  } else return asked;
  return undefined;
}

function createBalancer(call: Call): Json {
  const input = new Input(call.body);
  input.require('region');
  const region = input.text('region') ?? '';
  if (input.has('region') && regionOf(region) === undefined) input.refuse('region is not valid', 'region');
  else if (input.has('region') && !offers(region, 'NodeBalancers'))
    input.refuse('region does not support NodeBalancers', 'region');
  const id = call.store.newId();
  const name = input.text('label', label) ?? `balancer${id}`;
  if (taken(call, name)) input.refuse('Label must be unique', 'label');
  const throttle = input.integer('client_conn_throttle', 0, 20) ?? 0;
  const tags = input.tags() ?? [];
  const firewallId = input.id('firewall_id');
  if (firewallId !== undefined && firewallId !== -1 && !call.store.firewalls.has(firewallId))
    input.refuse('firewall_id is not valid', 'firewall_id');
  const legs = readLegs(call, input, region);
  const address = freeBalancerAddress(call.store);
  if (address === undefined) throw refuse('No public address is left in the lab');
  const configs: ConfigRequest[] = [];
  for (const part of input.objects('configs') ?? []) {
    const requested = readConfig(call, part, {
      region,
      subnetIds: legs.map((l) => l.subnetId),
      ports: configs.map((c) => c.config.port),
    });
    configs.push(requested);
  }
  input.done();
  const hostname = `${address.replaceAll('.', '-')}.ip.linodeusercontent.com`;
  const balancer: Balancer = {
    id,
    label: name,
    region,
    hostname,
    address,
    clientConnThrottle: throttle,
    tags,
    created: call.time,
    updated: call.time,
  };
  call.store.balancers.set(id, balancer);
  for (const leg of legs) {
    const legId = call.store.newId();
    call.store.balancerVpcs.set(legId, { id: legId, balancerId: id, ...leg });
  }
  call.events.note('nodebalancer_create', aboutBalancer(balancer));
  for (const requested of configs) createConfig(call, balancer, requested);
  const guard = firewallId ?? call.store.firewallSettings.nodebalancer ?? -1;
  if (guard !== -1) attachDevice(call, guard, 'nodebalancer', id);
  call.sync.apply('balancer', id);
  return balancerView(balancer);
}

function updateBalancer(call: Call): Json {
  const balancer = balancerOf(call);
  const input = new Input(call.body);
  const name = input.text('label', label);
  if (taken(call, name, balancer)) input.refuse('Label must be unique', 'label');
  const throttle = input.integer('client_conn_throttle', 0, 20);
  const tags = input.tags();
  input.done();
  balancer.label = name ?? balancer.label;
  balancer.clientConnThrottle = throttle ?? balancer.clientConnThrottle;
  balancer.tags = tags ?? balancer.tags;
  balancer.updated = call.time;
  call.events.note('nodebalancer_update', aboutBalancer(balancer));
  call.sync.apply('balancer', balancer.id);
  return balancerView(balancer);
}

function deleteBalancer(call: Call): Json {
  const { store, sync, events } = call;
  const balancer = balancerOf(call);
  for (const collection of [store.balancerNodes, store.balancerConfigs, store.balancerVpcs]) {
    for (const item of [...collection.values()]) if (item.balancerId === balancer.id) collection.delete(item.id);
  }
  store.balancers.delete(balancer.id);
  detachEverywhere(call, 'nodebalancer', balancer.id);
  sync.remove({ kind: 'balancer', id: balancer.id, afterMachines: [] });
  events.note('nodebalancer_delete', aboutBalancer(balancer));
  return {};
}

const legsOf = (call: Call): BalancerVpc[] => {
  const balancer = balancerOf(call);
  return [...call.store.balancerVpcs.values()].filter((leg) => leg.balancerId === balancer.id);
};

const legView = (leg: BalancerVpc): Json => ({
  id: leg.id,
  nodebalancer_id: leg.balancerId,
  vpc_id: leg.vpcId,
  subnet_id: leg.subnetId,
  ipv4_range: leg.range,
});

function listFirewalls(call: Call): Json {
  const balancer = balancerOf(call);
  const firewalls = firewallsOf(call.store, (d) => d.type === 'nodebalancer' && d.entityId === balancer.id);
  return paged(
    call,
    firewalls.map((f) => firewallView(call.store, f)),
    ['id', 'label', 'tags'],
  );
}

function replaceFirewalls(call: Call): Json {
  setFirewalls(call, 'nodebalancer', balancerOf(call).id);
  return listFirewalls(call);
}

const base = '/nodebalancers';
const read = 'nodebalancers:read_only';
const write = 'nodebalancers:read_write';
const fields = ['id', 'ipv4', 'label', 'region', 'tags', 'hostname'];

export const balancerRoutes: readonly Route[] = [
  listRoute(base, read, (call) => [...call.store.balancers.values()].map((b) => balancerView(b)), fields),
  { method: 'POST', path: base, scope: write, handle: createBalancer },
  { method: 'GET', path: `${base}/:nodeBalancerId`, scope: read, handle: (call) => balancerView(balancerOf(call)) },
  { method: 'PUT', path: `${base}/:nodeBalancerId`, scope: write, handle: updateBalancer },
  { method: 'DELETE', path: `${base}/:nodeBalancerId`, scope: write, handle: deleteBalancer },
  {
    method: 'GET',
    path: `${base}/:nodeBalancerId/stats`,
    scope: read,
    // As recorded for a new balancer; the lab keeps no statistics.
    handle: (call) => {
      balancerOf(call);
      throw refuse('Stats are unavailable at this time.');
    },
  },
  listRoute(`${base}/:nodeBalancerId/vpcs`, read, (call) => legsOf(call).map(legView), ['id', 'vpc_id', 'subnet_id']),
  {
    method: 'GET',
    path: `${base}/:nodeBalancerId/vpcs/:vpcConfigId`,
    scope: read,
    handle: (call) => legView(found(legsOf(call).find((leg) => leg.id === idOf(call, 'vpcConfigId')))),
  },
  { method: 'GET', path: `${base}/:nodeBalancerId/firewalls`, scope: read, handle: listFirewalls },
  { method: 'PUT', path: `${base}/:nodeBalancerId/firewalls`, scope: write, handle: replaceFirewalls },
];
