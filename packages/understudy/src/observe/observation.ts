// Everything seen in one observation, as plain data. Nothing is assessed here. What has a read of its own is seen, absent
// or unknown; Linode's objects are complete, or the look has failed.
import type {
  ClusterConditions,
  ClusterHealth,
  IndexCondition,
  IndexTemplate,
  Membership,
  ObservedIndex,
  ShardCopy,
  StoredAccounts,
} from '../cluster/index.ts';
import type { Seen } from '@understudy/foundation';
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
  /** By label: every machine of the topology. Absent: there is no instance. Unknown with the code `off`: its instance does not run. */
  readonly machines: Readonly<Record<string, Seen<ObservedMachine>>>;
  /** By label, of machines whose time was read: by how many milliseconds its clock is ahead of this computer's at least; negative: behind. */
  readonly clocksAheadMs: Readonly<Record<string, number>>;
  /** Absent: there is no search machine. Unknown: none of them answered. */
  readonly cluster: Seen<ObservedCluster>;
  /** What the https listeners show to a client, by port. */
  readonly certificates: Readonly<Record<number, Seen<ShownCertificate>>>;
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
  /** The firewalls in front of it, whoever made them. */
  readonly firewalls: readonly Firewall[];
  readonly configs: readonly { readonly config: NodeBalancerConfig; readonly nodes: readonly NodeBalancerNode[] }[];
}

/** The code of a machine that was not asked because its instance does not run. */
export const offCode = 'off';

/** Each part has a read of its own: a cluster without an elected node still answers some of them. */
export interface ObservedCluster extends Omit<ClusterConditions, 'votingExclusions'> {
  readonly health: Seen<ClusterHealth>;
  readonly membership: Seen<Membership>;
  readonly shards: Seen<readonly ShardCopy[]>;
  /** `all`, or another value that was set. */
  readonly allocation: Seen<string>;
  /** Absent: security is off, or the engine reads its accounts from files. */
  readonly accounts: Seen<StoredAccounts>;
  /** The topology's indices, in its order. */
  readonly own: readonly OwnIndex[];
}

/** What is seen of one index of the topology. */
export interface OwnIndex {
  readonly name: string;
  readonly template: Seen<IndexTemplate>;
  readonly settings: Seen<ObservedIndex>;
  /** Its health. Absent: the engine's list of indices has none of that name, nor one that the name stands for. */
  readonly condition: Seen<IndexCondition>;
  /** Absent: there is no index, or neither topology nor file asks for aliases. */
  readonly aliases: Seen<readonly string[]>;
  /** Which mapping of a file it was given. Absent: there is no index, or its mapping is not from a file. */
  readonly mapping: Seen<{ readonly mark: string | null }>;
}
