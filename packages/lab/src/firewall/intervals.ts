// Port lists and address lists as sorted, disjoint intervals: nftables refuses a set whose elements overlap.
import ipaddr from 'ipaddr.js';

export type Interval = readonly [first: number, last: number];

export const mergeIntervals = (intervals: readonly Interval[]): readonly Interval[] => {
  const merged: [number, number][] = [];
  for (const [first, last] of [...intervals].sort((left, right) => left[0] - right[0])) {
    const previous = merged.at(-1);
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return merged;
};

/** `22, 80-90` -> [[22, 22], [80, 90]]. */
export const portIntervals = (ports: string): readonly Interval[] =>
  mergeIntervals(
    ports.split(',').map((part) => {
      const [first = '', last = first] = part.trim().split('-');
      return [Number(first), Number(last)];
    }),
  );

const toNumber = (octets: readonly number[]): number => octets.reduce((sum, octet) => sum * 256 + octet, 0);

const toText = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/** IPv4 CIDRs, or addresses without a prefix. */
export const addressIntervals = (cidrs: readonly string[]): readonly Interval[] =>
  mergeIntervals(
    cidrs.map((cidr) => {
      const text = cidr.includes('/') ? cidr : `${cidr}/32`;
      const first = toNumber(ipaddr.IPv4.networkAddressFromCIDR(text).octets);
      return [first, toNumber(ipaddr.IPv4.broadcastAddressFromCIDR(text).octets)];
    }),
  );

/** `{ 22, 80-90 }`. */
export const portSet = (intervals: readonly Interval[]): string =>
  `{ ${intervals.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')} }`;

/** `{ 10.0.0.0-10.0.0.255, 192.0.2.1 }`. */
export const addressSet = (intervals: readonly Interval[]): string =>
  `{ ${intervals.map(([first, last]) => (first === last ? toText(first) : `${toText(first)}-${toText(last)}`)).join(', ')} }`;

/** True for 0.0.0.0/0, which needs no match at all. */
export const isEverywhere = (intervals: readonly Interval[]): boolean =>
  intervals.length === 1 && intervals[0]?.[0] === 0 && intervals[0][1] === 0xffffffff;
