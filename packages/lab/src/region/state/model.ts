// The state of the lab: the objects of a region as plain values, close to Linode's own shapes. No behaviour here.

export type MachineStatus =
  'running' | 'offline' | 'booting' | 'rebooting' | 'shutting_down' | 'provisioning' | 'deleting' | 'rebuilding';

/** One interface of a configuration profile (interface_generation `legacy_config`). */
export interface ConfigInterface {
  id: number;
  purpose: 'public' | 'vlan' | 'vpc';
  primary: boolean;
  label: string | null;
  ipamAddress: string | null;
  vpcId: number | null;
  subnetId: number | null;
  vpcAddress: string | null;
  nat: string | null;
  ranges: string[];
}

export interface MachineConfig {
  id: number;
  label: string;
  comments: string;
  kernel: string;
  rootDevice: string;
  runLevel: string;
  virtMode: string;
  memoryLimit: number;
  helpers: Record<string, boolean>;
  devices: Record<string, { disk_id: number | null; volume_id: number | null } | null>;
  interfaces: ConfigInterface[];
  created: string;
  updated: string;
}

/** One Linode interface (interface_generation `linode`). */
export interface LinodeInterface {
  id: number;
  kind: 'public' | 'vpc' | 'vlan';
  defaultRoute: boolean;
  /** Public address, or the address in the subnet. */
  address: string | null;
  nat: string | null;
  vpcId: number | null;
  subnetId: number | null;
  vlanLabel: string | null;
  ipamAddress: string | null;
  version: number;
  macAddress: string;
  created: string;
  updated: string;
}

export interface Disk {
  id: number;
  label: string;
  sizeMb: number;
  filesystem: 'ext4' | 'swap';
  created: string;
  updated: string;
}

export interface Machine {
  id: number;
  label: string;
  region: string;
  type: string;
  image: string | null;
  status: MachineStatus;
  tags: string[];
  group: string;
  hostUuid: string;
  watchdogEnabled: boolean;
  alerts: Record<string, number>;
  generation: 'legacy_config' | 'linode';
  publicAddress: string | null;
  privateAddress: string | null;
  rdns: Record<string, string>;
  authorizedKeys: string[];
  rootPassword: string | null;
  /** Base64, as the API took it. */
  userData: string | null;
  configs: MachineConfig[];
  interfaces: LinodeInterface[];
  disks: Disk[];
  placementGroupId: number | null;
  created: string;
  updated: string;
}

export interface Vpc {
  id: number;
  label: string;
  description: string;
  region: string;
  created: string;
  updated: string;
}

export interface Subnet {
  id: number;
  vpcId: number;
  label: string;
  range: string;
  created: string;
  updated: string;
}

/** A firewall rule as it was sent: the fields that were given, no others. */
export interface FirewallRule {
  action: 'ACCEPT' | 'DROP';
  protocol: 'TCP' | 'UDP' | 'ICMP' | 'IPENCAP';
  label?: string;
  description?: string;
  ports?: string | null;
  addresses?: { ipv4?: string[]; ipv6?: string[] };
}

export interface FirewallRules {
  inbound: FirewallRule[];
  inbound_policy: 'ACCEPT' | 'DROP';
  outbound: FirewallRule[];
  outbound_policy: 'ACCEPT' | 'DROP';
  version: number;
  fingerprint: string;
}

export interface FirewallDevice {
  id: number;
  type: 'linode' | 'nodebalancer' | 'linode_interface';
  /** Of the Linode, the NodeBalancer, or the Linode interface. */
  entityId: number;
  created: string;
  updated: string;
}

export interface Firewall {
  id: number;
  label: string;
  status: 'enabled' | 'disabled';
  tags: string[];
  rules: FirewallRules;
  /** Rules of earlier versions, oldest first. */
  history: { rules: FirewallRules; updated: string }[];
  devices: FirewallDevice[];
  created: string;
  updated: string;
}

export interface PlacementGroup {
  id: number;
  label: string;
  region: string;
  policy: 'strict' | 'flexible';
}

export interface Balancer {
  id: number;
  label: string;
  region: string;
  hostname: string;
  address: string;
  clientConnThrottle: number;
  tags: string[];
  created: string;
  updated: string;
}

export interface BalancerVpc {
  id: number;
  balancerId: number;
  vpcId: number;
  subnetId: number;
  /** The /30 with the balancer's source addresses. */
  range: string;
}

export interface BalancerConfig {
  id: number;
  balancerId: number;
  port: number;
  protocol: 'http' | 'https' | 'tcp';
  algorithm: 'roundrobin' | 'leastconn' | 'source';
  stickiness: 'none' | 'table' | 'http_cookie';
  check: 'none' | 'connection' | 'http' | 'http_body';
  check_interval: number;
  check_timeout: number;
  check_attempts: number;
  check_path: string;
  check_body: string;
  check_passive: boolean;
  proxy_protocol: 'none' | 'v1' | 'v2';
  cipher_suite: 'recommended' | 'legacy';
  ssl_cert: string | null;
  ssl_key: string | null;
}

export interface BalancerNode {
  id: number;
  balancerId: number;
  configId: number;
  label: string;
  /** `ip:port`. */
  address: string;
  weight: number;
  mode: 'accept' | 'reject' | 'drain' | 'backup';
  vpcConfigId: number | null;
}

export interface SshKey {
  id: number;
  label: string;
  key: string;
  created: string;
}

export interface EventEntity {
  id: number | string;
  label: string;
  type: string;
  url: string;
}

export interface LabEvent {
  id: number;
  action: string;
  status: 'scheduled' | 'started' | 'finished' | 'failed' | 'notification';
  entity: EventEntity | null;
  secondary: EventEntity | null;
  message: string;
  createdMs: number;
  startedMs: number | null;
  endedMs: number | null;
  /** What such an event usually takes; `percent_complete` is reckoned from it. */
  expectedMs: number;
  seen: boolean;
  read: boolean;
}

export type JobKind = 'create' | 'boot' | 'shutdown' | 'reboot' | 'rebuild' | 'delete';

/** Work on a machine that must be finished even if the daemon ends in between; it is repeated from its beginning. */
export interface Job {
  id: number;
  kind: JobKind;
  machineId: number;
  eventId: number;
}

/** A subnet, firewall or balancer that is deleted in the API and not yet removed from the hardware. */
export interface Removal {
  kind: 'subnet' | 'firewall' | 'balancer';
  id: number;
  /** Machines that must be gone first. */
  afterMachines: number[];
}

export interface AccountSettings {
  interfaces_for_new_linodes: string;
  network_helper: boolean;
  backups_enabled: boolean;
}

export interface FirewallSettings {
  linode: number | null;
  nodebalancer: number | null;
  public_interface: number | null;
  vpc_interface: number | null;
}
