// IPv4 ranges as plain numbers: just enough to place machines and to refuse bad ranges.
import ipaddr from 'ipaddr.js';

export interface Range {
  /** The first address, as a 32-bit number. */
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** Undefined when the text is no IPv4 range; `exact` is false when bits of the host part are set. */
export function parseRange(text: string): (Range & { readonly exact: boolean }) | undefined {
  const [address = '', prefixText = ''] = text.split('/');
  const prefix = Number(prefixText);
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) || !/^\d{1,2}$/.test(prefixText) || prefix > 32) return undefined;
  const given = toNumber(address);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(given / size) * size;
  return { first, last: first + size - 1, prefix, exact: first === given };
}

export function formatRange({ first, prefix }: Range): string {
  return `${toAddress(first)}/${prefix}`;
}

export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

export function contains(outer: Range, inner: Range): boolean {
  return inner.first >= outer.first && inner.last <= outer.last;
}

export function overlaps(one: Range, other: Range): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** A constant range of this source code. */
export function range(text: string): Range {
  const parsed = parseRange(text);
  if (parsed?.exact !== true) throw new RangeError(`${text} is not an IPv4 range`);
  return parsed;
}

/** Whether one of these networks, IPv4 or IPv6, lets the address in. False for a text that is no address. */
export function letsIn(networks: readonly string[], address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const from = ipaddr.process(address);
  return networks.some((network) => {
    const [base, prefix] = ipaddr.parseCIDR(network);
    return base.kind() === from.kind() && from.match(base, prefix);
  });
}
