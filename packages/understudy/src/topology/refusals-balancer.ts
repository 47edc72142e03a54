// Refusals about the balancer: its listeners, who reaches them, and its health check.
import ipaddr from 'ipaddr.js';
import { pathRefusals, type Refusal } from './refusal.ts';
import type { TopologyFile } from './schema.ts';

export function listenerRefusals({ balancer }: TopologyFile): Refusal[] {
  return balancer.listeners.flatMap(({ port, protocol, certificate }, index): Refusal[] => {
    const path = ['balancer', 'listeners', index];
    const found: Refusal[] = [];
    if (balancer.listeners.findIndex((other) => other.port === port) < index)
      found.push({
        path: [...path, 'port'],
        allowed: 'a port that no other listener has',
        message: 'two listeners cannot share a port',
        remedy: 'change or remove one of them',
      });
    if (protocol === 'https' && certificate === undefined)
      found.push({
        path: [...path, 'certificate'],
        allowed: 'self-signed, certPath and keyPath, or acme',
        message: 'https needs a certificate',
        remedy:
          'set certificate: {acme: {domains: [search.example.org]}}, name your PEM files, or set self-signed to try it',
      });
    if (protocol === 'http' && certificate !== undefined)
      found.push({
        path: [...path, 'certificate'],
        saw: 'a certificate',
        allowed: 'nothing, for http',
        message: 'http would not use it',
        remedy: 'set protocol: https or remove it',
      });
    if (typeof certificate === 'object' && 'acme' in certificate)
      found.push(...challengeRefusals(balancer, [...path, 'certificate', 'acme'], certificate.acme));
    return found;
  });
}

type BalancerOfFile = TopologyFile['balancer'];
type AcmeOfFile = Extract<NonNullable<BalancerOfFile['listeners'][number]['certificate']>, { acme: unknown }>['acme'];

const everybody = ['0.0.0.0/0', '::/0'];

/** What http-01 needs: the authority asks on port 80, from addresses that nobody knows before, and for one name each time. */
function challengeRefusals(
  { listeners, allow }: BalancerOfFile,
  path: Refusal['path'],
  { challenge, domains, directory }: AcmeOfFile,
): Refusal[] {
  if (challenge === 'dns-01') return [];
  const found = domains.flatMap((name, index): Refusal[] =>
    name.startsWith('*.')
      ? [
          {
            path: [...path, 'domains', index],
            allowed: 'a name without *, for http-01',
            message: 'an authority verifies such names by dns-01 alone',
            remedy: 'write each name, or set challenge: dns-01',
          },
        ]
      : [],
  );
  if (!listeners.some(({ port, protocol }) => port === 80 && protocol === 'http'))
    found.push({
      path: [...path, 'challenge'],
      saw: 'http-01 without a listener for http on port 80',
      allowed: 'http-01 beside {port: 80}, or dns-01',
      message: 'the authority asks on port 80',
      remedy: 'add {port: 80} to balancer.listeners',
    });
  if (['production', 'staging'].includes(directory) && !everybody.every((network) => allow.includes(network)))
    found.push({
      path: [...path, 'challenge'],
      saw: 'http-01 beside a balancer.allow that does not let everybody in',
      allowed: `balancer.allow with ${everybody.join(' and ')}, or dns-01`,
      message: "Let's Encrypt asks from addresses that it does not publish",
      remedy: 'remove balancer.allow, or set challenge: dns-01',
    });
  return found;
}

export function allowRefusals({ balancer }: TopologyFile): Refusal[] {
  return balancer.allow.flatMap((text, index): Refusal[] => {
    const path = ['balancer', 'allow', index];
    const allowed = 'a network such as 203.0.113.0/24 or 2001:db8::/32';
    if (!ipaddr.isValidCIDR(text) || (!text.includes(':') && text.split('.').length !== 4))
      return [
        {
          path,
          allowed,
          message: 'it is no network',
          remedy: 'write the address, a slash and the length of the prefix',
        },
      ];
    const [address, prefix] = ipaddr.parseCIDR(text);
    const kind = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
    const first = `${kind.networkAddressFromCIDR(text).toString()}/${prefix}`;
    if (first.split('/')[0] === address.toString()) return [];
    return [{ path, allowed: first, message: 'the address is not the first of its network', remedy: `write ${first}` }];
  });
}

export function checkRefusals({ balancer: { check } }: TopologyFile): Refusal[] {
  const path = ['balancer', 'check'];
  const found = pathRefusals([...path, 'path'], check.path);
  if (check.intervalS <= check.timeoutS)
    found.push({
      path: [...path, 'intervalS'],
      allowed: `a whole number above timeoutS (${check.timeoutS})`,
      message: 'Linode refuses a check that may last into the next one',
      remedy: `set intervalS to ${check.timeoutS + 2}, or a shorter timeoutS`,
    });
  if (check.type === 'http_body' && check.body === undefined)
    found.push({
      path: [...path, 'body'],
      allowed: 'a regular expression',
      message: 'http_body compares the body with it',
      remedy: 'set body, or type: http',
    });
  if (check.type !== 'http_body' && check.body !== undefined)
    found.push({
      path: [...path, 'body'],
      allowed: `nothing, for type ${check.type}`,
      message: `a check of type ${check.type} reads no body`,
      remedy: 'remove body, or set type: http_body',
    });
  if (check.type === 'connection' && check.path !== undefined)
    found.push({
      path: [...path, 'path'],
      allowed: 'nothing, for type connection',
      message: 'a connection check requests no path',
      remedy: 'remove path, or set type: http',
    });
  return found;
}
