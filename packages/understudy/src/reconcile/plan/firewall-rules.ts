// Which sources may reach which ports: the rules of each role's firewall, and how they differ from the observed ones.
import type { FirewallRule, FirewallRuleBody, FirewallRules, FirewallRulesBody } from '../../linode/index.ts';
import type { Role, Topology } from '../../topology/index.ts';
import { httpPort, transportPort } from '../../engines/index.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';
import type { ObservedBalancer } from '../../observe/index.ts';

function byFamily(networks: readonly string[]): FirewallRuleBody['addresses'] {
  const ipv4 = networks.filter((network) => !network.includes(':'));
  const ipv6 = networks.filter((network) => network.includes(':'));
  return { ...(ipv4.length > 0 ? { ipv4 } : {}), ...(ipv6.length > 0 ? { ipv6 } : {}) };
}

/** The source addresses of NodeBalancers outside of a VPC, in every region. */
const sharedBalancers = '192.168.255.0/24';

function balancerSource({ balancer, network }: Topology): string {
  return balancer.backends === 'private' ? sharedBalancers : network.balancerRange;
}

/** A rule takes 255 addresses: https://techdocs.akamai.com/linode-api/reference/post-firewalls */
const addressesOfRule = 255;

/** The balancer, and the service machines: a service machine that cannot reach the engine forwards requests to another one. */
function serviceSources(intent: Intent): readonly { readonly label: string; readonly addresses: readonly string[] }[] {
  const addresses = machinesFor(intent, 'service').map(({ vpcAddress }) => `${vpcAddress}/32`);
  const sources = [{ label: 'service-from-balancer', addresses: [balancerSource(intent.topology)] }];
  for (let at = 0; at < addresses.length; at += addressesOfRule) {
    const label = at === 0 ? 'service-from-peers' : `service-from-peers-${at / addressesOfRule + 1}`;
    sources.push({ label, addresses: addresses.slice(at, at + addressesOfRule) });
  }
  return sources;
}

/**
 * Ports other than the topology's that are open and on which the balancer still reaches service machines: they stay open until no backend
 * has them, so that another `service.port` interrupts nobody. None is opened for a backend. Ascending.
 */
export function portsStillUsed(
  { topology }: Intent,
  balancers: readonly Pick<ObservedBalancer, 'configs'>[],
  rules: Pick<FirewallRules, 'inbound'>,
): number[] {
  const open = new Set(rules.inbound.map(({ ports }) => ports));
  const nodes = balancers.flatMap(({ configs }) => configs.flatMap((config) => config.nodes));
  const ports = nodes.map(({ address }) => portOf(address)).filter((port) => port !== topology.service.port);
  return [...new Set(ports)].filter((port) => open.has(String(port))).sort((a, b) => a - b);
}

/** Of `10.20.0.31:5000`. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

/** Inbound allows only these; outbound is open, because machines download packages. `stillUsed`: see `portsStillUsed`. */
export function firewallRules(intent: Intent, role: Role, stillUsed: readonly number[]): FirewallRulesBody {
  const { topology } = intent;
  const tcp = { action: 'ACCEPT', protocol: 'TCP' } as const;
  const own: readonly FirewallRuleBody[] =
    role === 'search'
      ? [
          {
            ...tcp,
            label: 'engine-from-vpc',
            ports: `${httpPort}-${transportPort}`,
            addresses: byFamily([topology.network.range]),
          },
        ]
      : [topology.service.port, ...stillUsed].flatMap((port) =>
          serviceSources(intent).map(({ label, addresses }) => ({
            ...tcp,
            label: port === topology.service.port ? label : `${label}-${port}`,
            ports: String(port),
            addresses: byFamily(addresses),
          })),
        );
  return {
    inbound: [
      { ...tcp, label: 'ssh-from-admins', ports: '22', addresses: byFamily(topology.access.adminNetworks) },
      ...own,
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
  return `${action} ${protocol}${ports ? ` ${ports}` : ''} ${from}`;
}

function compare(side: string, seen: readonly FirewallRule[], wanted: readonly FirewallRuleBody[]): string[] {
  const present = seen.map(canonicalText);
  const asked = wanted.map(canonicalText);
  return [
    ...asked.filter((rule) => !present.includes(rule)).map((rule) => `the ${side} rule '${rule}' is missing`),
    ...present.filter((rule) => !asked.includes(rule)).map((rule) => `the ${side} rule '${rule}' is not asked for`),
  ];
}

/** Each difference as a clause; empty when the rules have the intended effect. */
export function firewallDifferences(seen: FirewallRules, wanted: FirewallRulesBody): string[] {
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
