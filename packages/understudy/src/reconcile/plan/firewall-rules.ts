// Which sources may reach which ports: the rules of each firewall, and how they differ from the observed ones.
import type { FirewallRuleBody, FirewallRules, FirewallRulesBody } from '../../linode/index.ts';
import { balancerSource, type Guarded, type Role } from '../../topology/index.ts';
import { httpPort, transportPort } from '../../engines/index.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';
import { nothingMore, type InUse } from './in-use.ts';

function byFamily(networks: readonly string[]): FirewallRuleBody['addresses'] {
  const ipv4 = networks.filter((network) => !network.includes(':'));
  const ipv6 = networks.filter((network) => network.includes(':'));
  return { ...(ipv4.length > 0 ? { ipv4 } : {}), ...(ipv6.length > 0 ? { ipv6 } : {}) };
}

/** A rule takes 255 addresses: https://techdocs.akamai.com/linode-api/reference/post-firewalls */
const addressesOfRule = 255;

const accept = { action: 'ACCEPT', protocol: 'TCP' } as const;

/** As many rules as the addresses need. */
function allow(label: string, ports: readonly number[], addresses: readonly string[]): FirewallRuleBody[] {
  const rules: FirewallRuleBody[] = [];
  const text = [...new Set(ports)].sort((a, b) => a - b).join(',');
  for (let at = 0; at < addresses.length; at += addressesOfRule) {
    const part = addresses.slice(at, at + addressesOfRule);
    const name = at === 0 ? label : `${label}-${at / addressesOfRule + 1}`;
    rules.push({ ...accept, label: name, ports: text, addresses: byFamily(part) });
  }
  return rules;
}

function ownRules(intent: Intent, guarded: Guarded, more: InUse): FirewallRuleBody[] {
  const { balancer, service } = intent.topology;
  const of = (role: Role): string[] => [
    ...machinesFor(intent, role).map(({ vpcAddress }) => `${vpcAddress}/32`),
    ...more.machines[role].map((address) => `${address}/32`),
  ];
  switch (guarded) {
    case 'search':
      return [
        ...allow('engine-from-system', [httpPort], [...of('search'), ...of('service')]),
        ...allow('engine-from-engine', [transportPort], of('search')),
      ];
    case 'service': {
      const ports = [service.port, ...more.servicePorts];
      // A service machine that cannot reach the engine forwards requests to another one.
      return [
        ...allow('service-from-balancer', ports, [balancerSource(intent.topology)]),
        ...allow('service-from-peers', ports, of('service')),
      ];
    }
    case 'balancer':
      return allow('users', [...balancer.listeners.map(({ port }) => port), ...more.listenerPorts], balancer.allow);
  }
}

/**
 * Inbound allows only these, and what is in use beside what the topology asks for; outbound is open, because machines download
 * packages, and Linode has no outbound rules for a balancer.
 */
export function firewallRules(intent: Intent, guarded: Guarded, more: InUse = nothingMore): FirewallRulesBody {
  const { access } = intent.topology;
  const admins = { ...accept, label: 'ssh-from-admins', ports: '22', addresses: byFamily(access.adminNetworks) };
  return {
    inbound: [
      ...(guarded === 'balancer' ? [] : [admins]),
      ...ownRules(intent, guarded, more),
      // Path MTU discovery needs ICMP from every address, and ping distinguishes a host that is down from a closed port.
      { action: 'ACCEPT', protocol: 'ICMP', label: 'icmp', addresses: byFamily(['0.0.0.0/0']) },
    ],
    inbound_policy: 'DROP',
    outbound: [],
    outbound_policy: 'ACCEPT',
  };
}

interface RuleLike {
  readonly action: string;
  readonly protocol: string;
  readonly ports?: string | null | undefined;
  readonly addresses: {
    readonly ipv4?: readonly string[] | null | undefined;
    readonly ipv6?: readonly string[] | null | undefined;
  };
}

/** A text of the rule; two texts are equal exactly when the rules have the same effect. */
function canonicalText({ action, protocol, ports, addresses }: RuleLike): string {
  const from = [...(addresses.ipv4 ?? []), ...(addresses.ipv6 ?? [])].sort().join(', ');
  const to = ports ? ` ${ports.replaceAll(' ', '')}` : '';
  return `${action} ${protocol}${to} ${from}`;
}

function compare(side: string, seen: readonly RuleLike[], wanted: readonly RuleLike[]): string[] {
  const present = seen.map(canonicalText);
  const asked = wanted.map(canonicalText);
  return [
    ...asked.filter((rule) => !present.includes(rule)).map((rule) => `the ${side} rule '${rule}' is missing`),
    ...present.filter((rule) => !asked.includes(rule)).map((rule) => `the ${side} rule '${rule}' is not asked for`),
  ];
}

/** Each difference as a clause; empty when the rules have the intended effect. */
export function firewallDifferences(seen: FirewallRules | FirewallRulesBody, wanted: FirewallRulesBody): string[] {
  const differences = [
    ...compare('inbound', seen.inbound, wanted.inbound),
    ...compare('outbound', seen.outbound, wanted.outbound),
  ];
  for (const side of ['inbound', 'outbound'] as const) {
    const policy = `${side}_policy` as const;
    if (seen[policy] !== wanted[policy]) {
      differences.push(`the ${side} policy is ${seen[policy]}, it should be ${wanted[policy]}`);
    }
  }
  return differences;
}
