// Refusals about addresses: the private range, the balancer's part of it, and who may reach SSH.
import { contains, formatRange, overlaps, parseRange, range, type Range } from './address.ts';
import { slotsOf } from './plan.ts';
import { defaultBalancerRange } from './resolve.ts';
import type { Refusal } from './refusal.ts';
import type { TopologyFile } from './schema.ts';

/** RFC 1918. */
const privateRanges = [range('10.0.0.0/8'), range('172.16.0.0/12'), range('192.168.0.0/16')];
/** Linode's own private network; a VPC may not touch it. https://techdocs.akamai.com/cloud-computing/docs/vpc */
const linodePrivate = range('192.168.128.0/17');
const smallestPrefix = 26;

export function networkRefusals(file: TopologyFile): Refusal[] {
  const path = ['network', 'range'];
  const found = parseRange(file.network.range);
  if (found === undefined) return [notARange(path)];
  if (!found.exact) return [notExact(path, found)];
  if (!privateRanges.some((outer) => contains(outer, found)))
    return [
      {
        path,
        allowed: 'a range inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16',
        message: 'a VPC has private addresses only (RFC 1918)',
        remedy: 'set 10.20.0.0/24',
      },
    ];
  if (overlaps(found, linodePrivate))
    return [
      {
        path,
        allowed: 'a range that does not overlap 192.168.128.0/17',
        message: "192.168.128.0/17 is Linode's own private network",
        remedy: 'set 10.20.0.0/24',
      },
    ];
  const small = sizeRefusal(file, found);
  return small === undefined ? balancerRangeRefusals(file, found) : [small];
}

function sizeRefusal({ search, service }: TopologyFile, found: Range): Refusal | undefined {
  const fits = (prefix: number) => {
    const slots = slotsOf({ prefix });
    return prefix <= smallestPrefix && search.nodes <= slots.search.count && service.instances <= slots.service.count;
  };
  if (fits(found.prefix)) return undefined;
  const enough = Array.from({ length: 32 }, (_, index) => 32 - index).find(fits) ?? 8;
  return {
    path: ['network', 'range'],
    allowed: `a /${enough} or bigger`,
    message: `it is too small for ${search.nodes} search and ${service.instances} service machines and the balancer`,
    remedy: `set a range of /${enough}, such as 10.20.0.0/${enough}`,
  };
}

function balancerRangeRefusals({ network, search, service }: TopologyFile, outer: Range): Refusal[] {
  if (network.balancerRange === undefined) return [];
  const path = ['network', 'balancerRange'];
  const allowed = `a free /30 inside ${network.range}`;
  const remedy = `leave it out for ${defaultBalancerRange(network.range)}`;
  const refuse = (message: string): Refusal[] => [{ path, allowed, message, remedy }];
  const found = parseRange(network.balancerRange);
  if (found === undefined) return [notARange(path)];
  if (!found.exact) return [notExact(path, found)];
  if (found.prefix !== 30) return refuse('the balancer takes exactly four addresses');
  if (!contains(outer, found)) return refuse('it is outside network.range');
  if (found.first < outer.first + 2 || found.last > outer.last - 2)
    return refuse('the first two and last two addresses of a subnet are reserved by Linode');
  const slots = slotsOf(outer);
  const machines = [
    { from: slots.search.from, count: search.nodes },
    { from: slots.service.from, count: service.instances },
  ];
  const taken = machines.some(({ from, count }) =>
    overlaps(found, { first: outer.first + from, last: outer.first + from + count - 1, prefix: 32 }),
  );
  return taken ? refuse('machines have addresses in it') : [];
}

export function accessRefusals({ access }: TopologyFile): Refusal[] {
  return access.adminNetworks.flatMap((text, index): Refusal[] => {
    const path = ['access', 'adminNetworks', index];
    const found = parseRange(text);
    if (found === undefined) return [notARange(path)];
    if (!found.exact) return [notExact(path, found)];
    if (found.prefix < 8)
      return [
        {
          path,
          allowed: 'a range of /8 or smaller',
          message:
            found.prefix === 0 ? 'the whole Internet could try to log in' : 'it spans a great part of the Internet',
          remedy: 'write your own public address followed by /32, or the range of your VPN',
        },
      ];
    return [];
  });
}

function notARange(path: Refusal['path']): Refusal {
  const message = 'it is no IPv4 range: four numbers to 255 and a prefix to 32';
  return { path, allowed: 'an IPv4 range such as 10.20.0.0/24', message, remedy: 'mend the address or the prefix' };
}

function notExact(path: Refusal['path'], found: Range): Refusal {
  const message = 'the address is not the first of its range';
  const exact = formatRange(found);
  return {
    path,
    allowed: `${exact}, or a longer prefix`,
    message,
    remedy: `write ${exact} for the range, /32 for one address`,
  };
}
