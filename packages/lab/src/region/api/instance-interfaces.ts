// The two generations of network interfaces: what may be asked for, and which addresses come of it.
import type { Input } from './input.ts';
import type { Call } from './route.ts';
import {
  balancerRangesIn,
  contains,
  freeSubnetAddress,
  machineAddressesIn,
  parseRange,
  toNumber,
  usable,
} from '../state/addresses.ts';
import type { ConfigInterface, LinodeInterface, Subnet } from '../state/model.ts';

/** What an interface needs from the machine that it belongs to. */
export interface InterfaceOwner {
  readonly machineId: number;
  readonly region: string;
  /** The machine's public address, for NAT 1:1. */
  readonly publicAddress: string | null;
}

const maximumInterfaces = 3;

/** The subnet named by `subnet_id`, in the machine's region; refuses others. */
function subnetFor(call: Call, input: Input, region: string): Subnet | undefined {
  const subnetId = input.id('subnet_id');
  if (subnetId === undefined) {
    input.require('subnet_id');
    return undefined;
  }
  const subnet = call.store.subnets.get(subnetId);
  if (subnet === undefined || call.store.vpcs.get(subnet.vpcId)?.region !== region) {
    input.refuse('subnet_id is not valid', 'subnet_id');
    return undefined;
  }
  return subnet;
}

/** The address asked for, or the first free one; `taken` are those given to earlier interfaces of the same request. */
function addressIn(
  call: Call,
  input: Input,
  field: string,
  asked: string | undefined,
  subnet: Subnet,
  machineId: number,
): string | undefined {
  const range = parseRange(subnet.range);
  if (range === undefined) return undefined;
  if (asked === undefined || asked === 'auto') {
    const free = freeSubnetAddress(call.store, subnet.id, range);
    if (free === undefined) input.refuse('No free address is left in the subnet', field);
    return free;
  }
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(asked) || parseRange(`${asked}/32`) === undefined) {
    input.refuse('Must be a valid IPv4 address', field);
    return undefined;
  }
  const number = toNumber(asked);
  const holder = machineAddressesIn(call.store, subnet.id).get(number);
  if (!contains(usable(range), number)) input.refuse('Must be a usable address of the subnet', field);
  else if (holder !== undefined && holder !== machineId) input.refuse('Address is already in use in the subnet', field);
  else if (balancerRangesIn(call.store, subnet.id).some((taken) => contains(taken, number))) {
    input.refuse('Address is already in use by a NodeBalancer', field);
  } else return asked;
  return undefined;
}

/** Interfaces of a configuration profile, as in `{purpose: vpc, subnet_id, ipv4: {vpc, nat_1_1: "any"}, primary}`. */
export function readConfigInterfaces(call: Call, input: Input, owner: InterfaceOwner): ConfigInterface[] {
  const parts = input.objects('interfaces') ?? [];
  if (parts.length > maximumInterfaces) input.refuse(`Must have at most ${maximumInterfaces} interfaces`, 'interfaces');
  return parts.flatMap((part) => readConfigInterface(call, part, owner) ?? []);
}

export function readConfigInterface(call: Call, part: Input, owner: InterfaceOwner): ConfigInterface | undefined {
  part.require('purpose');
  const purpose = part.oneOf('purpose', ['public', 'vlan', 'vpc'] as const);
  if (purpose === undefined) return undefined;
  const base: ConfigInterface = {
    id: call.store.newId(),
    purpose,
    primary: part.flag('primary') ?? false,
    label: null,
    ipamAddress: null,
    vpcId: null,
    subnetId: null,
    vpcAddress: null,
    nat: null,
    ranges: [],
  };
  if (purpose === 'vlan') {
    part.require('label');
    const label = part.text('label', { least: 1, most: 64, pattern: /^[a-zA-Z0-9-]+$/ }) ?? null;
    return { ...base, label, ipamAddress: part.text('ipam_address') ?? '' };
  }
  if (part.has('label') && part.raw('label') !== '') part.refuse('label is only allowed for vlan interfaces', 'label');
  if (purpose === 'public') return base;
  const subnet = subnetFor(call, part, owner.region);
  const ipv4 = part.object('ipv4');
  const nat = ipv4?.text('nat_1_1');
  if (nat !== undefined && nat !== 'any' && nat !== owner.publicAddress) {
    ipv4?.refuse('Must be "any" or a public address of this Linode', 'nat_1_1');
  }
  if (subnet === undefined) return undefined;
  const vpcAddress = addressIn(call, ipv4 ?? part, 'vpc', ipv4?.text('vpc'), subnet, owner.machineId) ?? null;
  const ranges = part.texts('ip_ranges') ?? [];
  return {
    ...base,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    vpcAddress,
    nat: nat === undefined ? null : owner.publicAddress,
    ranges,
  };
}

export interface ReadInterface {
  readonly item: LinodeInterface;
  /** Undefined: the account's default firewall; -1: none. */
  readonly firewallId: number | undefined;
}

/** Linode interfaces, as in `{firewall_id, default_route, public: {...} | vpc: {subnet_id, ...} | vlan: {...}}`. */
export function readLinodeInterfaces(call: Call, input: Input, owner: InterfaceOwner): ReadInterface[] {
  const parts = input.objects('interfaces') ?? [];
  if (parts.length > maximumInterfaces) input.refuse(`Must have at most ${maximumInterfaces} interfaces`, 'interfaces');
  const read = parts.flatMap((part) => readLinodeInterface(call, part, owner) ?? []);
  const routed = read.some(({ item }) => item.defaultRoute);
  // As Linode does: when the request does not say, the first interface that can carry the default route does.
  const first = read.find(({ item }) => item.kind !== 'vlan');
  if (!routed && first !== undefined) first.item.defaultRoute = true;
  return read;
}

export function readLinodeInterface(call: Call, part: Input, owner: InterfaceOwner): ReadInterface | undefined {
  const kinds = (['public', 'vpc', 'vlan'] as const).filter((kind) => part.has(kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length !== 1) {
    part.refuse('Must have exactly one of public, vpc, or vlan', 'public');
    return undefined;
  }
  const firewallId = part.id('firewall_id');
  if (firewallId !== undefined && firewallId !== -1 && !call.store.firewalls.has(firewallId)) {
    part.refuse('firewall_id is not valid', 'firewall_id');
  }
  const item: LinodeInterface = {
    id: call.store.newId(),
    kind,
    defaultRoute: part.object('default_route')?.flag('ipv4') ?? false,
    address: kind === 'public' ? owner.publicAddress : null,
    nat: null,
    vpcId: null,
    subnetId: null,
    vlanLabel: null,
    ipamAddress: null,
    version: 1,
    macAddress: macAddress(call.random),
    created: call.time,
    updated: call.time,
  };
  if (kind === 'vlan') {
    const vlan = part.object('vlan');
    vlan?.require('vlan_label');
    item.vlanLabel = vlan?.text('vlan_label', { least: 1, most: 64, pattern: /^[a-zA-Z0-9-]+$/ }) ?? null;
    item.ipamAddress = vlan?.text('ipam_address') ?? null;
  }
  if (kind === 'vpc') readVpcPart(call, part, owner, item);
  return { item, firewallId };
}

function readVpcPart(call: Call, part: Input, owner: InterfaceOwner, item: LinodeInterface): void {
  const vpc = part.object('vpc');
  if (vpc === undefined) return;
  const subnet = subnetFor(call, vpc, owner.region);
  const ipv4 = vpc.object('ipv4');
  const addresses = ipv4?.objects('addresses') ?? [];
  if (addresses.length > 1) ipv4?.refuse('The lab gives one address to an interface', 'addresses');
  const [first] = addresses;
  const nat = first?.text('nat_1_1_address');
  if (nat !== undefined && nat !== 'auto' && nat !== owner.publicAddress) {
    first?.refuse('Must be "auto" or a public address of this Linode', 'nat_1_1_address');
  }
  if (subnet === undefined) return;
  item.vpcId = subnet.vpcId;
  item.subnetId = subnet.id;
  item.address = addressIn(call, first ?? vpc, 'address', first?.text('address'), subnet, owner.machineId) ?? null;
  item.nat = nat === undefined ? null : owner.publicAddress;
}

function macAddress(random: () => number): string {
  const bytes = Array.from({ length: 4 }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, '0'),
  );
  return `22:00:${bytes.join(':')}`;
}
