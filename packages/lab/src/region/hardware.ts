// What the lab's API asks of the hardware below it. Two implementations: real (systemd-nspawn, bridges, nftables,
// HAProxy) and simulated (memory only). Every method is idempotent: it brings the hardware to the given state and may be
// repeated after a crash. Ids are the API's numeric ids.

export type Power = 'running' | 'offline';

export interface SubnetSpec {
  readonly id: number;
  readonly vpcId: number;
  /** CIDR, for example 10.20.0.0/24. The first address is the gateway and answers nothing. */
  readonly range: string;
}

export interface NetworkInterfaceSpec {
  readonly kind: 'public' | 'vpc';
  /** Address with no prefix. */
  readonly address: string;
  /** vpc only. */
  readonly subnetId?: number;
}

export interface MachineSpec {
  readonly id: number;
  readonly label: string;
  /** Linode image id, for example linode/debian13. */
  readonly image: string;
  readonly memoryMb: number;
  readonly vcpus: number;
  /** Size of the disk, mebibytes; 81,920 when absent. It is sparse: only what is written takes room on the host. */
  readonly diskMb?: number;
  readonly interfaces: readonly NetworkInterfaceSpec[];
  readonly authorizedKeys: readonly string[];
  /** Crypt-able root password, when one was given. */
  readonly rootPassword?: string;
  /** Decoded cloud-init user data, when given. */
  readonly userData?: string;
}

/** One allow/deny rule as Linode has them; `addresses` are CIDRs (IPv4). */
export interface FirewallRuleSpec {
  readonly action: 'ACCEPT' | 'DROP';
  readonly protocol: 'TCP' | 'UDP' | 'ICMP' | 'IPENCAP';
  /** `22`, `80,443`, `9200-9300`, or undefined for all. */
  readonly ports?: string;
  readonly addresses: readonly string[];
}

export interface FirewallSpec {
  readonly id: number;
  readonly enabled: boolean;
  readonly inbound: readonly FirewallRuleSpec[];
  readonly inboundPolicy: 'ACCEPT' | 'DROP';
  readonly outbound: readonly FirewallRuleSpec[];
  readonly outboundPolicy: 'ACCEPT' | 'DROP';
  readonly machineIds: readonly number[];
  readonly balancerIds: readonly number[];
}

export interface BalancerNodeSpec {
  readonly id: number;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly mode: 'accept' | 'reject' | 'drain' | 'backup';
}

export interface BalancerConfigSpec {
  readonly id: number;
  readonly port: number;
  readonly protocol: 'http' | 'https' | 'tcp';
  readonly algorithm: 'roundrobin' | 'leastconn' | 'source';
  readonly stickiness: 'none' | 'table' | 'http_cookie';
  readonly check: 'none' | 'connection' | 'http' | 'http_body';
  readonly checkIntervalS: number;
  readonly checkTimeoutS: number;
  readonly checkAttempts: number;
  readonly checkPath: string;
  readonly checkBody: string;
  readonly checkPassive: boolean;
  readonly proxyProtocol: 'none' | 'v1' | 'v2';
  readonly cipherSuite: 'recommended' | 'legacy';
  /** PEM, https only. */
  readonly certificate?: string;
  readonly key?: string;
  readonly nodes: readonly BalancerNodeSpec[];
}

export interface BalancerSpec {
  readonly id: number;
  /** Public address the balancer listens on. */
  readonly address: string;
  /** Leg in a VPC subnet: its source address (inside its /30). */
  readonly vpc?: { readonly subnetId: number; readonly address: string };
  /** Connections a second per client address; 0 is none. */
  readonly clientConnThrottle: number;
  readonly configs: readonly BalancerConfigSpec[];
}

/** Node id -> what the balancer's checks say. */
export type BalancerStatus = ReadonlyMap<number, 'UP' | 'DOWN' | 'Unknown'>;

export interface Hardware {
  ensureSubnet(spec: SubnetSpec): Promise<void>;
  removeSubnet(id: number): Promise<void>;
  /** Creates the disk, the cloud-init seed and the addresses; does not boot. */
  createMachine(spec: MachineSpec): Promise<void>;
  /** Changes to memory, label or interfaces take effect at the next boot. Resolves when the machine's init runs. */
  bootMachine(spec: MachineSpec): Promise<void>;
  /** Graceful: init is asked to power off; killed after the bound. Resolves when nothing of it runs. */
  shutdownMachine(id: number): Promise<void>;
  /** Power cut: links down first, then the init is killed, so that no FIN or RST leaves the machine. */
  powerCutMachine(id: number): Promise<void>;
  /** Removes the machine and its disk, running or not. */
  removeMachine(id: number): Promise<void>;
  machinePower(id: number): Promise<Power>;
  applyFirewall(spec: FirewallSpec): Promise<void>;
  removeFirewall(id: number): Promise<void>;
  applyBalancer(spec: BalancerSpec): Promise<void>;
  removeBalancer(id: number): Promise<void>;
  balancerStatus(id: number): Promise<BalancerStatus>;
}
