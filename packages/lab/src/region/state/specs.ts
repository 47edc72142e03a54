// Converts the API's objects to the specifications of the hardware.
import type {
  BalancerConfigSpec,
  BalancerSpec,
  FirewallRuleSpec,
  FirewallSpec,
  MachineSpec,
  NetworkInterfaceSpec,
  SubnetSpec,
} from '../hardware.ts';
import { publicNetwork } from '../public-network.ts';
import { parseRange, toAddress } from './addresses.ts';
import type { BalancerConfig, Firewall, FirewallRule, Machine, Subnet } from './model.ts';
import type { LabStore } from './store.ts';

export function subnetSpec(subnet: Subnet): SubnetSpec {
  return { id: subnet.id, vpcId: subnet.vpcId, range: subnet.range };
}

/** Subnets in which the machine has an interface. */
export function subnetsOf(machine: Machine): number[] {
  return machineInterfaces(machine).flatMap((i) => i.subnetId ?? []);
}

/**
 * A VPC interface with NAT 1:1 gets the public address as an interface of its own: on Linode the address is translated
 * outside of the machine, here the machine sees it.
 */
export function machineInterfaces(machine: Machine): NetworkInterfaceSpec[] {
  const { publicAddress } = machine;
  const inner: NetworkInterfaceSpec[] = [];
  let reachable = false;
  if (machine.generation === 'linode') {
    for (const i of machine.interfaces) {
      if (i.kind === 'public' || i.nat !== null) reachable = true;
      if (i.kind === 'vpc' && i.address !== null && i.subnetId !== null) {
        inner.push({ kind: 'vpc', address: i.address, subnetId: i.subnetId });
      }
    }
  } else {
    const interfaces = machine.configs[0]?.interfaces ?? [];
    if (interfaces.length === 0) reachable = true;
    for (const i of interfaces) {
      if (i.purpose === 'public' || i.nat !== null) reachable = true;
      if (i.purpose === 'vpc' && i.vpcAddress !== null && i.subnetId !== null) {
        inner.push({ kind: 'vpc', address: i.vpcAddress, subnetId: i.subnetId });
      }
    }
  }
  return reachable && publicAddress !== null ? [{ kind: 'public', address: publicAddress }, ...inner] : inner;
}

/** `size` is what the machine's type gives. */
export function machineSpec(machine: Machine, size: { memory: number; vcpus: number }): MachineSpec {
  return {
    id: machine.id,
    label: machine.label,
    image: machine.image ?? '',
    memoryMb: size.memory,
    vcpus: size.vcpus,
    ...(machine.disks[0] === undefined ? {} : { diskMb: machine.disks[0].sizeMb }),
    interfaces: machineInterfaces(machine),
    authorizedKeys: machine.authorizedKeys,
    ...(machine.rootPassword === null ? {} : { rootPassword: machine.rootPassword }),
    ...(machine.userData === null ? {} : { userData: Buffer.from(machine.userData, 'base64').toString('utf8') }),
  };
}

function ruleSpec(rule: FirewallRule): FirewallRuleSpec {
  const ports = rule.ports?.replaceAll(' ', '');
  return {
    action: rule.action,
    protocol: rule.protocol,
    ...(ports === undefined || ports === '' ? {} : { ports }),
    addresses: (rule.addresses?.ipv4 ?? []).map(enforceable),
  };
}

/** Source addresses of NodeBalancers outside of a VPC on Linode. */
const sharedBalancers = '192.168.255.0/24';

/** In the lab they use their public addresses: Linode's private network does not exist here. */
function enforceable(address: string): string {
  if (address === sharedBalancers) return publicNetwork.balancers;
  return address.includes('/') ? address : `${address}/32`;
}

/** The Linode that a firewall device stands for, also when the device is one of its interfaces. */
export function machineOfDevice(store: LabStore, device: { type: string; entityId: number }): Machine | undefined {
  if (device.type === 'linode') return store.machines.get(device.entityId);
  if (device.type !== 'linode_interface') return undefined;
  return [...store.machines.values()].find((m) => m.interfaces.some((i) => i.id === device.entityId));
}

export function firewallSpec(store: LabStore, firewall: Firewall): FirewallSpec {
  const machineIds = new Set(firewall.devices.flatMap((device) => machineOfDevice(store, device)?.id ?? []));
  // A rule without an IPv4 address is for IPv6 alone, which the lab does not have.
  const ruleSpecs = (rules: readonly FirewallRule[]): FirewallRuleSpec[] =>
    rules.map(ruleSpec).filter((rule) => rule.addresses.length > 0);
  return {
    id: firewall.id,
    enabled: firewall.status === 'enabled',
    inbound: ruleSpecs(firewall.rules.inbound),
    inboundPolicy: firewall.rules.inbound_policy,
    outbound: ruleSpecs(firewall.rules.outbound),
    outboundPolicy: firewall.rules.outbound_policy,
    machineIds: [...machineIds],
    balancerIds: firewall.devices.filter((d) => d.type === 'nodebalancer').map((d) => d.entityId),
  };
}

function configSpec(store: LabStore, config: BalancerConfig): BalancerConfigSpec {
  const nodes = [...store.balancerNodes.values()].filter((node) => node.configId === config.id);
  return {
    id: config.id,
    port: config.port,
    protocol: config.protocol,
    algorithm: config.algorithm,
    stickiness: config.stickiness,
    check: config.check,
    checkIntervalS: config.check_interval,
    checkTimeoutS: config.check_timeout,
    checkAttempts: config.check_attempts,
    checkPath: config.check_path,
    checkBody: config.check_body,
    checkPassive: config.check_passive,
    proxyProtocol: config.proxy_protocol,
    cipherSuite: config.cipher_suite,
    ...(config.ssl_cert === null ? {} : { certificate: config.ssl_cert }),
    ...(config.ssl_key === null ? {} : { key: config.ssl_key }),
    nodes: nodes.map((node) => {
      const [address = '', port = ''] = node.address.split(':');
      return {
        id: node.id,
        address: reachableAddress(store, address),
        port: Number(port),
        weight: node.weight,
        mode: node.mode,
      };
    }),
  };
}

/** The lab has no private network of Linode's: a private address is reached on the machine's public one. */
function reachableAddress(store: LabStore, address: string): string {
  const owner = [...store.machines.values()].find((machine) => machine.privateAddress === address);
  return owner?.publicAddress ?? address;
}

/** Undefined when the balancer no longer exists. */
export function balancerSpec(store: LabStore, id: number): BalancerSpec | undefined {
  const balancer = store.balancers.get(id);
  if (balancer === undefined) return undefined;
  const leg = [...store.balancerVpcs.values()].find((vpc) => vpc.balancerId === id);
  const range = leg === undefined ? undefined : parseRange(leg.range);
  return {
    id,
    address: balancer.address,
    ...(leg === undefined || range === undefined
      ? {}
      : { vpc: { subnetId: leg.subnetId, address: toAddress(range.first + 1) } }),
    clientConnThrottle: balancer.clientConnThrottle,
    configs: [...store.balancerConfigs.values()].filter((c) => c.balancerId === id).map((c) => configSpec(store, c)),
  };
}
