// Everything seen in one look at the world, as plain data. Nothing is judged here; what could not be seen says why.
import type { ClusterHealth, IndexTemplate, Membership, ObservedIndex, ShardCopy } from '../cluster/index.ts';
import type {
  Firewall,
  FirewallDevice,
  Instance,
  NodeBalancer,
  NodeBalancerConfig,
  NodeBalancerNode,
  NodeBalancerVpc,
  PlacementGroup,
  Vpc,
  VpcIp,
} from '../linode/index.ts';
import type { ObservedMachine } from '../machines/index.ts';

export interface Observation {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly objects: ObservedObjects;
  /** By label: machines of the topology that exist. */
  readonly machines: Readonly<Record<string, MachineSight>>;
  readonly cluster: ClusterSight;
  /** What the https listeners show to a client, by port; a listener that showed none is missing. */
  readonly certificates: Readonly<Record<number, ShownCertificate>>;
}

export interface ShownCertificate {
  /** RFC 3339, UTC. */
  readonly notAfter: string;
}

/** Linode's objects of this topology, found by tag or, where there are none, by label. */
export interface ObservedObjects {
  readonly vpcs: readonly Vpc[];
  /** Addresses held in those VPCs. */
  readonly vpcIps: readonly VpcIp[];
  readonly firewalls: readonly { readonly firewall: Firewall; readonly devices: readonly FirewallDevice[] }[];
  readonly placementGroups: readonly PlacementGroup[];
  readonly instances: readonly Instance[];
  readonly balancers: readonly ObservedBalancer[];
}

export interface ObservedBalancer {
  readonly balancer: NodeBalancer;
  readonly legs: readonly NodeBalancerVpc[];
  readonly configs: readonly { readonly config: NodeBalancerConfig; readonly nodes: readonly NodeBalancerNode[] }[];
}

export type MachineSight =
  | { readonly reached: true; readonly machine: ObservedMachine }
  /** `code` is the error's; `off` stands for an instance that does not run and was therefore not asked. */
  | { readonly reached: false; readonly code: string; readonly reason: string };

export type ClusterSight =
  | { readonly answered: true; readonly cluster: ObservedCluster }
  | { readonly answered: false; readonly reason: string };

export interface ObservedCluster {
  /** Undefined while no node is elected. */
  readonly health: ClusterHealth | undefined;
  readonly membership: Membership | undefined;
  readonly shards: readonly ShardCopy[];
  /** `all`, or what somebody set. */
  readonly allocation: string;
  readonly template: IndexTemplate | undefined;
  readonly index: ObservedIndex | undefined;
}
