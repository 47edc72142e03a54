// The region's whole rule set as one nftables script, applied in one transaction: cloud firewalls, the guard against
// forged senders, VPC separation and the metadata address. It is loaded in the region's namespace, which no machine can change.
import type { FirewallRuleSpec, FirewallSpec } from '../region/hardware.ts';
import { cableName, uplink, discardLink, type Cable } from '../network/names.ts';
import { metadataAddress, publicNetwork } from '../region/public-network.ts';
import { addressIntervals, addressSet, isEverywhere, portIntervals, portSet } from './intervals.ts';

export interface RulesetInput {
  readonly cables: readonly Cable[];
  readonly firewalls: readonly FirewallSpec[];
  /** Port of the host on which the lab answers for 169.254.169.254:80. */
  readonly metadataPort: number;
}

type Direction = 'in' | 'out';

/** A Linode has three interfaces at most; rules name them whether or not they are attached at the moment. */
const interfacesPerMachine = 3;

const chainName = (id: number, direction: Direction): string => `firewall-${id}-${direction}`;

const quoted = (name: string): string => `"${name}"`;

const protocolMatch = (rule: FirewallRuleSpec): string => {
  if (rule.protocol === 'ICMP') return 'ip protocol icmp';
  if (rule.protocol === 'IPENCAP') return 'ip protocol 4';
  const protocol = rule.protocol.toLowerCase();
  return rule.ports ? `${protocol} dport ${portSet(portIntervals(rule.ports))}` : `meta l4proto ${protocol}`;
};

/** The first match decides. ACCEPT returns, because the firewall of the other end is evaluated too. */
const ruleText = (rule: FirewallRuleSpec, direction: Direction): readonly string[] => {
  const addresses = addressIntervals(rule.addresses);
  if (addresses.length === 0) return [];
  const field = direction === 'in' ? 'ip saddr' : 'ip daddr';
  const where = isEverywhere(addresses) ? [] : [`${field} ${addressSet(addresses)}`];
  return [[...where, protocolMatch(rule), rule.action === 'ACCEPT' ? 'return' : 'drop'].join(' ')];
};

const chain = (name: string, lines: readonly string[]): readonly string[] => [
  `  chain ${name} {`,
  ...lines.map((line) => `    ${line}`),
  '  }',
];

const firewallChains = (firewall: FirewallSpec): readonly string[] => [
  ...chain(chainName(firewall.id, 'in'), [
    ...firewall.inbound.flatMap((rule) => ruleText(rule, 'in')),
    firewall.inboundPolicy === 'ACCEPT' ? 'return' : 'drop',
  ]),
  ...chain(chainName(firewall.id, 'out'), [
    ...firewall.outbound.flatMap((rule) => ruleText(rule, 'out')),
    firewall.outboundPolicy === 'ACCEPT' ? 'return' : 'drop',
  ]),
];

/** Interface -> chain. A NodeBalancer is guarded inbound only; inside a VPC it is the caller, so its public leg is enough. */
const verdictMap = (firewalls: readonly FirewallSpec[], direction: Direction): readonly string[] => {
  const jumps = new Map<string, string>();
  for (const firewall of firewalls) {
    for (const ownerId of firewall.machineIds) {
      for (let index = 0; index < interfacesPerMachine; index += 1) {
        jumps.set(cableName({ owner: 'machine', ownerId, index }), chainName(firewall.id, direction));
      }
    }
    if (direction === 'out') continue;
    for (const ownerId of firewall.balancerIds)
      jumps.set(cableName({ owner: 'balancer', ownerId, index: 0 }), chainName(firewall.id, 'in'));
  }
  if (jumps.size === 0) return [];
  const pairs = [...jumps].map(([name, target]) => `${quoted(name)} : jump ${target}`);
  return [`${direction === 'in' ? 'oifname' : 'iifname'} vmap { ${pairs.join(', ')} }`];
};

const guardLines = (cables: readonly Cable[]): readonly string[] => {
  if (cables.length === 0) return [];
  const names = cables.map((cable) => quoted(cableName(cable)));
  const pairs = cables.map((cable) => `${quoted(cableName(cable))} . ${cable.address}`);
  const zones = cables.flatMap((cable) =>
    cable.vpcId === undefined ? [] : [`${quoted(cableName(cable))} : ${1 + (cable.vpcId % 65_535)}`],
  );
  return [
    `iifname { ${names.join(', ')} } iifname . ip saddr != { ${pairs.join(', ')} } drop`,
    // Two VPCs may use the same addresses: conntrack zones keep their connections apart.
    ...(zones.length === 0 ? [] : [`ct zone set iifname map { ${zones.join(', ')} }`]),
  ];
};

export const renderRuleset = ({ cables, firewalls, metadataPort }: RulesetInput): string => {
  const active = firewalls.filter((firewall) => firewall.enabled);
  return [
    'add table inet understudy',
    'delete table inet understudy',
    'table inet understudy {',
    ...chain('guard', ['type filter hook prerouting priority raw; policy accept;', ...guardLines(cables)]),
    ...chain('metadata', [
      'type nat hook prerouting priority dstnat; policy accept;',
      `ip daddr ${metadataAddress} tcp dport 80 dnat ip to ${publicNetwork.hostAddress}:${metadataPort}`,
    ]),
    ...active.flatMap(firewallChains),
    ...chain('forward', [
      'type filter hook forward priority filter; policy accept;',
      `oifname ${quoted(discardLink)} drop`,
      'ct state established,related accept',
      // The metadata service is the platform's, not a peer: cloud firewalls do not see it.
      `ct status dnat oifname ${quoted(uplink)} accept`,
      ...verdictMap(active, 'out'),
      ...verdictMap(active, 'in'),
    ]),
    '}',
    '',
  ].join('\n');
};
