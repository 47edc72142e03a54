// What we send to Linode's API: bodies in Linode's own field names, only the fields the product uses.

/** A legacy interface of an instance (interface_generation `legacy_config`). */
export type LegacyInterface =
  | { readonly purpose: 'public'; readonly primary?: boolean }
  | {
      readonly purpose: 'vpc';
      readonly subnet_id: number;
      readonly primary?: boolean;
      /** `nat_1_1: 'any'` gives the VPC interface the instance's public address one to one. */
      readonly ipv4?: { readonly vpc?: string; readonly nat_1_1?: string };
    };

/**
 * An interface of an instance of the generation `linode`. Each is guarded by a firewall of its own, and `default_route` says
 * which of them leads to the Internet.
 */
export type LinodeInterfaceBody = {
  readonly firewall_id?: number;
  readonly default_route?: { readonly ipv4: true };
} & (
  | { readonly public: { readonly ipv4: { readonly addresses: readonly InterfaceAddress[] } } }
  | {
      readonly vpc: {
        readonly subnet_id: number;
        readonly ipv4: { readonly addresses: readonly InterfaceAddress[] };
      };
    }
);

/** `auto` takes a free one. */
interface InterfaceAddress {
  readonly address: string;
  readonly primary: boolean;
}

/** https://techdocs.akamai.com/linode-api/reference/post-linode-instance */
export interface InstanceCreate {
  readonly region: string;
  readonly type: string;
  readonly image: string;
  /** 3-64 characters, unique on the account. */
  readonly label: string;
  readonly tags?: readonly string[];
  readonly authorized_keys?: readonly string[];
  readonly root_pass?: string;
  /** `user_data` is base64. */
  readonly metadata?: { readonly user_data: string };
  /** An address in 192.168.128.0/17; with legacy interfaces only. */
  readonly private_ip?: boolean;
  readonly firewall_id?: number;
  readonly placement_group?: { readonly id: number };
  readonly booted?: boolean;
  readonly backups_enabled?: boolean;
  readonly swap_size?: number;
  /** Always sent: the account's own default may be either. */
  readonly interface_generation: 'legacy_config' | 'linode';
  readonly interfaces?: readonly LegacyInterface[] | readonly LinodeInterfaceBody[];
}

export interface InstanceUpdate {
  readonly label?: string;
  readonly tags?: readonly string[];
  readonly watchdog_enabled?: boolean;
}

/** A rebuild wants a root password even with keys, and forgets the user data unless it is sent again. */
export interface InstanceRebuild {
  readonly image: string;
  readonly root_pass: string;
  readonly authorized_keys?: readonly string[];
  readonly metadata?: { readonly user_data: string };
  readonly booted?: boolean;
}

export interface SubnetCreate {
  readonly label: string;
  readonly ipv4: string;
}

export interface VpcCreate {
  readonly label: string;
  readonly region: string;
  readonly description?: string;
  readonly subnets?: readonly SubnetCreate[];
}

export interface VpcUpdate {
  readonly label?: string;
  readonly description?: string;
}

export interface FirewallRuleBody {
  readonly action: 'ACCEPT' | 'DROP';
  readonly protocol: 'TCP' | 'UDP' | 'ICMP' | 'IPENCAP';
  /** `22`, `80,443`, `9200-9300`; absent for ICMP and IPENCAP. */
  readonly ports?: string;
  readonly addresses: { readonly ipv4?: readonly string[]; readonly ipv6?: readonly string[] };
  readonly label?: string;
  readonly description?: string;
}

/** A PUT of rules replaces all of them. */
export interface FirewallRulesBody {
  readonly inbound: readonly FirewallRuleBody[];
  readonly inbound_policy: 'ACCEPT' | 'DROP';
  readonly outbound: readonly FirewallRuleBody[];
  readonly outbound_policy: 'ACCEPT' | 'DROP';
}

export interface FirewallCreate {
  /** 3-32 characters. */
  readonly label: string;
  readonly tags?: readonly string[];
  readonly rules: FirewallRulesBody;
}

export interface FirewallUpdate {
  readonly label?: string;
  readonly status?: 'enabled' | 'disabled';
  readonly tags?: readonly string[];
}

export interface FirewallDeviceCreate {
  readonly id: number;
  readonly type: 'linode' | 'linode_interface' | 'nodebalancer';
}

export interface PlacementGroupCreate {
  readonly label: string;
  readonly region: string;
  readonly placement_group_type: 'anti_affinity:local';
  readonly placement_group_policy: 'strict' | 'flexible';
}

export interface NodeBalancerNodeBody {
  readonly label: string;
  /** `ip:port`. */
  readonly address: string;
  readonly weight?: number;
  readonly mode?: 'accept' | 'reject' | 'drain' | 'backup';
  /** A backend in a VPC names its subnet; the balancer must have a leg there. */
  readonly subnet_id?: number;
}

export type NodeBalancerNodeUpdate = Partial<NodeBalancerNodeBody>;

export interface NodeBalancerConfigBody {
  readonly port: number;
  readonly protocol: 'http' | 'https' | 'tcp';
  readonly algorithm?: 'roundrobin' | 'leastconn' | 'source';
  readonly stickiness?: 'none' | 'table' | 'http_cookie';
  readonly check?: 'none' | 'connection' | 'http' | 'http_body';
  readonly check_interval?: number;
  readonly check_timeout?: number;
  readonly check_attempts?: number;
  readonly check_path?: string;
  readonly check_body?: string;
  readonly check_passive?: boolean;
  readonly proxy_protocol?: 'none' | 'v1' | 'v2';
  readonly cipher_suite?: 'recommended' | 'legacy';
  /** PEM. */
  readonly ssl_cert?: string;
  readonly ssl_key?: string;
}

export interface NodeBalancerCreate {
  readonly region: string;
  /** 3-32 characters. */
  readonly label: string;
  readonly client_conn_throttle?: number;
  readonly tags?: readonly string[];
  readonly firewall_id?: number;
  /** One leg in a VPC at most; `ipv4_range` is a free /30 of the subnet. Cannot be changed afterwards. */
  readonly vpcs?: readonly { readonly subnet_id: number; readonly ipv4_range?: string }[];
  readonly configs?: readonly (NodeBalancerConfigBody & { readonly nodes: readonly NodeBalancerNodeBody[] })[];
}

export interface NodeBalancerUpdate {
  readonly label?: string;
  readonly client_conn_throttle?: number;
  readonly tags?: readonly string[];
}

export interface DomainRecordCreate {
  readonly type: 'TXT';
  /** Below the domain, or in full. */
  readonly name: string;
  readonly target: string;
  /** Linode rounds it to one of its values; the smallest is 300. */
  readonly ttl_sec?: number;
}
