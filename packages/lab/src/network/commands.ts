// The region's network as `ip` batches: pure values. Every address is routed, as Linode's VPC is (layer 3, no broadcast):
// the region answers ARP for all of them, so packets to a machine without power are dropped; there is no quick 'no route to host'.
import type { Command } from '../host/shell.ts';
import { publicNetwork } from '../region/public-network.ts';
import {
  cableName,
  hardwareAddress,
  hostLink,
  ownerNamespace,
  regionNamespace,
  uplink,
  discardLink,
  vpcTable,
  type Cable,
} from './names.ts';

/** Fixed ends of the host's link; the host never has to be asked by ARP. */
const hostLinkAddress = 'f2:3a:00:00:00:01';
const uplinkAddress = 'f2:3a:00:00:00:02';
/** Sender of the region's own ICMP, such as 'network unreachable' for the Internet. */
const routerAddress = '198.18.0.2';
const vpcRulePreference = 1000;

/** `ip` run in the region, commands on standard input. */
export const regionBatch: Command = ['ip', '-n', regionNamespace, '-batch', '-'];
/** The same, going on after a failure: for removing what may not be there. */
export const regionForceBatch: Command = ['ip', '-n', regionNamespace, '-force', '-batch', '-'];

/** Kernel settings inside the region, written before any link exists since links inherit `default`. */
export const regionSettings: Command = [
  'ip',
  'netns',
  'exec',
  regionNamespace,
  'sysctl',
  '-qw',
  'net.ipv4.ip_forward=1',
  'net.ipv4.conf.default.proxy_arp=1',
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  'net.ipv4.conf.all.send_redirects=0',
  'net.ipv4.conf.default.send_redirects=0',
  'net.ipv6.conf.all.disable_ipv6=1',
  'net.ipv6.conf.default.disable_ipv6=1',
];

/** Answers for others at once; the kernel's default waits up to 0.8 s. It is no `default` setting outside the host's own namespace. */
const promptProxy = (link: string): string => `ntable change name arp_cache dev ${link} proxy_delay 0`;

/** The host's side. The alias names the lab's state directory, so that a second lab is distinguished from a crashed one. */
export const hostSide = (stateDirectory: string): string =>
  [
    `link add ${hostLink} address ${hostLinkAddress} type veth peer name ${uplink} address ${uplinkAddress} netns ${regionNamespace}`,
    `link set ${hostLink} alias ${stateDirectory}`,
    `address add ${publicNetwork.hostAddress}/32 dev ${hostLink}`,
    `link set ${hostLink} up`,
    `route add ${publicNetwork.range} dev ${hostLink} src ${publicNetwork.hostAddress}`,
    '',
  ].join('\n');

export const regionSide = (): string =>
  [
    'link set lo up',
    `address add ${routerAddress}/32 dev lo`,
    promptProxy(uplink),
    `link set ${uplink} up`,
    `neighbour replace ${publicNetwork.hostAddress} lladdr ${hostLinkAddress} dev ${uplink} nud permanent`,
    `route add ${publicNetwork.hostAddress}/32 dev ${uplink}`,
    `link add ${discardLink} type veth peer name ${discardLink}-end`,
    `link set ${discardLink}-end up`,
    `link set ${discardLink} up`,
    `route add ${publicNetwork.range} dev ${discardLink}`,
    'route add unreachable default',
    '',
  ].join('\n');

/** A VPC's routing table discards packets to all addresses; the routes of attached cables are more specific. */
export const subnetRoutes = (vpcId: number, range: string): string =>
  [
    `route replace ${range} dev ${discardLink} table ${vpcTable(vpcId)}`,
    `route replace default dev ${discardLink} table ${vpcTable(vpcId)}`,
    '',
  ].join('\n');

export const subnetRoutesRemoval = (vpcId: number, range: string): string =>
  `route delete ${range} dev ${discardLink} table ${vpcTable(vpcId)}\n`;

/** Creates the cable from the region to `eth<index>` in its owner's namespace, which must exist. */
export const attachCable = (cable: Cable): string => {
  const name = cableName(cable);
  const table = cable.vpcId === undefined ? '' : ` table ${vpcTable(cable.vpcId)}`;
  const inner = hardwareAddress(cable, 'owner');
  const rule =
    cable.vpcId === undefined
      ? []
      : [`rule add iif ${name} lookup ${vpcTable(cable.vpcId)} preference ${vpcRulePreference}`];
  return [
    `link add ${name} address ${hardwareAddress(cable, 'region')} type veth peer name eth${cable.index} address ${inner} netns ${ownerNamespace(cable.owner, cable.ownerId)}`,
    promptProxy(name),
    `link set ${name} up`,
    `neighbour replace ${cable.address} lladdr ${inner} dev ${name} nud permanent`,
    ...rule,
    `route replace ${cable.address}/32 dev ${name}${table}`,
    '',
  ].join('\n');
};

/** Removes a cable: both ends are deleted, and packets to its address are discarded. Run with `regionForceBatch`. */
export const detachCable = (cable: Cable): string => {
  const rule = cable.vpcId === undefined ? [] : [`rule delete iif ${cableName(cable)}`];
  return [`link delete ${cableName(cable)}`, ...rule, ''].join('\n');
};

/** Addresses of a balancer's namespace, which has no networkd of its own. */
export const balancerAddresses = (cables: readonly (Cable & { readonly prefix: number })[]): string =>
  [
    'link set lo up',
    ...cables.flatMap((cable) => [
      `address add ${cable.address}/${cable.prefix} dev eth${cable.index}`,
      `link set eth${cable.index} up`,
    ]),
    `route add default via ${publicNetwork.hostAddress}`,
    '',
  ].join('\n');
