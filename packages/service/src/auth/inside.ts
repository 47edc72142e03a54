// Whether a request comes from inside: from this machine or the system's own network, and not by way of a proxy. The address is that of
// the connection, which nobody can choose; a header only ever makes a request one from outside.
import { BlockList, isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** The balancer adds the first of these to every request of a user, and to none of its own checks. */
const forwarding = ['x-forwarded-for', 'forwarded', 'x-forwarded-proto', 'x-forwarded-host', 'x-real-ip'] as const;

/** `10.20.0.0/24` or an address. Throws for other words. */
export function networksOf(words: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const word of words) {
    const [address = '', prefix] = word.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) throw new Error(`'${word}' is no network`);
    networks.addSubnet(address, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return networks;
}

export function isForwarded({ headers }: IncomingMessage): boolean {
  return forwarding.some((name) => headers[name] !== undefined);
}

export function isFrom(networks: BlockList, { socket }: IncomingMessage): boolean {
  const address = socket.remoteAddress;
  if (address === undefined) return false;
  // The same address, as a socket that takes both families has it.
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return networks.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}
