// Which address is free: public addresses of machines and balancers, and addresses and /30 ranges inside a subnet.
import ipaddr from 'ipaddr.js';
import { publicNetwork } from '../public-network.ts';
import type { LabStore } from './store.ts';

export function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((value, byte) => value * 256 + byte, 0);
}

export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

export interface Range {
  /** First and last address, inclusive, as numbers. */
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** Reads a CIDR whose host bits are zero; undefined for anything else. */
export function parseRange(cidr: string): Range | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(cidr) || !ipaddr.IPv4.isValidCIDR(cidr)) return undefined;
  const [address, prefix] = ipaddr.IPv4.parseCIDR(cidr);
  const first = toNumber(address.toString());
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, last: first + size - 1, prefix } : undefined;
}

export function overlap(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

export function contains(range: Range, address: number): boolean {
  return address >= range.first && address <= range.last;
}

/** Linode keeps the first two and the last two addresses of a subnet for itself. */
export function usable(range: Range): Range {
  return { ...range, first: range.first + 2, last: range.last - 2 };
}

/** Machines get addresses from these when the first /24 is full, so that a simulated region can hold thousands. */
const machineBlocks: readonly (readonly [string, string])[] = [
  [publicNetwork.firstMachine, '198.18.1.254'],
  ['198.18.16.1', '198.18.255.254'],
];
const balancerBlocks: readonly (readonly [string, string])[] = [[publicNetwork.firstBalancer, '198.18.3.254']];

function firstFree(blocks: readonly (readonly [string, string])[], taken: ReadonlySet<number>): string | undefined {
  for (const [from, to] of blocks) {
    for (let candidate = toNumber(from); candidate <= toNumber(to); candidate += 1) {
      const lastByte = candidate % 256;
      if (lastByte !== 0 && lastByte !== 255 && !taken.has(candidate)) return toAddress(candidate);
    }
  }
  return undefined;
}

export function freeMachineAddress(store: LabStore): string | undefined {
  return firstFree(
    machineBlocks,
    new Set([...store.machines.values()].flatMap((m) => (m.publicAddress === null ? [] : [toNumber(m.publicAddress)]))),
  );
}

export function freeBalancerAddress(store: LabStore): string | undefined {
  return firstFree(balancerBlocks, new Set([...store.balancers.values()].map((b) => toNumber(b.address))));
}

/** Linode's private network, 192.168.128.0/17. */
export function freePrivateAddress(store: LabStore): string | undefined {
  const taken = [...store.machines.values()].flatMap((m) =>
    m.privateAddress === null ? [] : [toNumber(m.privateAddress)],
  );
  return firstFree([['192.168.128.10', '192.168.250.254']], new Set(taken));
}

/** Addresses of the subnet that machines hold. */
export function machineAddressesIn(store: LabStore, subnetId: number): Map<number, number> {
  const held = new Map<number, number>();
  for (const machine of store.machines.values()) {
    const interfaces = [
      ...machine.configs.flatMap((config) =>
        config.interfaces.map((i) => ({ subnetId: i.subnetId, address: i.vpcAddress })),
      ),
      ...machine.interfaces.filter((i) => i.kind === 'vpc'),
    ];
    for (const { subnetId: of, address } of interfaces) {
      if (of === subnetId && address !== null) held.set(toNumber(address), machine.id);
    }
  }
  return held;
}

/** Ranges of the subnet that balancers hold. */
export function balancerRangesIn(store: LabStore, subnetId: number): Range[] {
  return [...store.balancerVpcs.values()]
    .filter((vpc) => vpc.subnetId === subnetId)
    .flatMap((vpc) => parseRange(vpc.range) ?? []);
}

export function freeSubnetAddress(store: LabStore, subnetId: number, range: Range): string | undefined {
  const held = machineAddressesIn(store, subnetId);
  const ranges = balancerRangesIn(store, subnetId);
  const { first, last } = usable(range);
  for (let candidate = first; candidate <= last; candidate += 1) {
    if (!held.has(candidate) && !ranges.some((taken) => contains(taken, candidate))) return toAddress(candidate);
  }
  return undefined;
}

/** A free /30 for a balancer, from the end of the subnet, where machines come last. */
export function freeBalancerRange(store: LabStore, subnetId: number, range: Range): string | undefined {
  const held = [...machineAddressesIn(store, subnetId).keys()];
  const ranges = balancerRangesIn(store, subnetId);
  for (let first = range.last - 7; first >= range.first + 4; first -= 4) {
    const candidate: Range = { first, last: first + 3, prefix: 30 };
    if (!held.some((address) => contains(candidate, address)) && !ranges.some((taken) => overlap(taken, candidate))) {
      return `${toAddress(first)}/30`;
    }
  }
  return undefined;
}
