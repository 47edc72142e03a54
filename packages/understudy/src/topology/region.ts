// What a region lacks for a topology. Pure: the caller fetches the region, the types and the images.
import { problemAt } from './parse.ts';
import type { Problem } from './problem.ts';
import type { Topology } from './model.ts';
import { machinePlans } from './plan.ts';

/** Linode's answers, as far as they are read here, in Linode's own field names. */
export interface RegionOffer {
  /** Undefined when Linode does not know the region. */
  readonly region:
    | {
        readonly id: string;
        readonly capabilities: readonly string[];
        readonly status?: string;
        readonly placement_group_limits?: GroupLimits | null | undefined;
      }
    | undefined;
  /** Labels of the account's placement groups in the region, those of this system included. */
  readonly placementGroups: readonly { readonly label: string }[];
  /** `interfaces_for_new_linodes` of the account; undefined when it could not be read. */
  readonly interfaces: string | undefined;
  /** Memory in mebibytes. */
  readonly types: readonly { readonly id: string; readonly memory: number; readonly vcpus: number }[];
  readonly images: readonly {
    readonly id: string;
    readonly capabilities: readonly string[];
    readonly deprecated: boolean;
    readonly status: string;
  }[];
}

interface GroupLimits {
  readonly maximum_linodes_per_pg: number;
  /** For groups of the policy `flexible`, where it differs. */
  readonly maximum_linodes_per_flexible_pg?: number | null | undefined;
  /** Groups that the account may have in the region; null for any number. */
  readonly maximum_pgs_per_customer?: number | null | undefined;
}

const needed: readonly (readonly [capability: string, whatFor: string])[] = [
  ['Linodes', 'machines'],
  ['VPCs', 'the private network'],
  ['NodeBalancers', 'the balancer'],
  ['Cloud Firewall', 'closing the ports of the engine and the service'],
  ['Placement Group', 'machines on different hosts'],
  ['Metadata', 'configuring machines at first boot'],
];

type Words = Pick<Problem, 'saw' | 'allowed' | 'message' | 'remedy'>;

/** Everything that keeps the topology from being built in the region; empty when nothing does. */
export function regionProblems(topology: Topology, offer: RegionOffer): Problem[] {
  const at = (path: readonly string[], words: Words): Problem => problemAt(topology, path, words);
  return [
    ...capabilityWords(topology, offer).map((words) => at(['region'], words)),
    ...groupWords(topology, offer).map((words) => at(['placement', 'policy'], words)),
    ...interfaceWords(topology, offer).map((words) => at(['balancer', 'backends'], words)),
    ...imageWords(topology, offer).map((words) => at(['image'], words)),
    ...(['search', 'service'] as const).flatMap((role) =>
      typeWords(topology[role].machineType, offer).map((words) => at([role, 'machineType'], words)),
    ),
    ...heapWords(topology, offer).map((words) => at(['search', 'heap'], words)),
  ];
}

function capabilityWords({ region: id }: Topology, { region }: RegionOffer): Words[] {
  const remedy = 'choose another region, such as us-ord, from `linode-cli regions list`';
  if (region === undefined)
    return [{ saw: id, allowed: 'the id of a region of Linode', message: 'Linode does not know it', remedy }];
  const lacking = needed.filter(([capability]) => !region.capabilities.includes(capability));
  const outage: Words[] =
    region.status === 'outage'
      ? [{ saw: id, allowed: 'a region without an outage', message: 'Linode reports an outage there', remedy }]
      : [];
  return [
    ...outage,
    ...lacking.map(([capability, whatFor]) => ({
      saw: id,
      allowed: `a region with ${needed.map(([name]) => name).join(', ')}`,
      message: `it lacks ${capability}, needed for ${whatFor}`,
      remedy,
    })),
  ];
}

function groupWords(topology: Topology, { region, placementGroups }: RegionOffer): Words[] {
  const limits = region?.placement_group_limits;
  if (!limits) return [];
  const { policy } = topology.placement;
  const perGroup =
    (policy === 'flexible' ? limits.maximum_linodes_per_flexible_pg : undefined) ?? limits.maximum_linodes_per_pg;
  const plans = machinePlans(topology);
  const groups = [...new Set(plans.map(({ placementGroup }) => placementGroup))];
  const sizes = groups.map((group) => plans.filter(({ placementGroup }) => placementGroup === group).length);
  const largest = Math.max(...sizes);
  const found: Words[] = [];
  if (largest > perGroup)
    found.push({
      saw: `${largest} machines in a group`,
      allowed: `${perGroup} machines in a ${policy} placement group of ${topology.region}`,
      message: 'the region holds fewer in one group',
      remedy: 'choose another region or fewer machines',
    });
  const most = limits.maximum_pgs_per_customer;
  const others = placementGroups.filter(({ label }) => !groups.includes(label)).length;
  if (typeof most === 'number' && others + groups.length > most)
    found.push({
      saw: `${groups.length} groups beside the ${others} that the account has`,
      allowed: `${most} placement groups in ${topology.region}`,
      message: 'the account may have no more there',
      remedy: 'remove groups that nothing uses, or choose another region',
    });
  return found;
}

function interfaceWords({ balancer }: Topology, { interfaces }: RegionOffer): Words[] {
  if (interfaces !== 'linode_only' || balancer.backends !== 'private') return [];
  return [
    {
      saw: 'private',
      allowed: 'vpc, on this account',
      message: 'its setting for new machines is linode_only, and only legacy interfaces have private addresses',
      remedy: 'leave it out, or allow legacy interfaces in the account settings',
    },
  ];
}

function imageWords({ image: id }: Topology, { images }: RegionOffer): Words[] {
  const image = images.find((candidate) => candidate.id === id);
  const allowed = 'an available image with cloud-init, such as linode/debian13';
  const remedy = 'set image: linode/debian13, or another from `linode-cli images list`';
  if (image === undefined) return [{ saw: id, allowed, message: 'Linode does not know it', remedy }];
  if (!image.capabilities.includes('cloud-init'))
    return [
      {
        saw: id,
        allowed,
        message: 'it does not read the metadata service, so it cannot be configured at first boot',
        remedy,
      },
    ];
  if (image.deprecated) return [{ saw: id, allowed, message: 'Linode has deprecated it', remedy }];
  if (image.status !== 'available') return [{ saw: id, allowed, message: `its status is ${image.status}`, remedy }];
  return [];
}

function typeWords(id: string, { types }: RegionOffer): Words[] {
  if (types.some((type) => type.id === id)) return [];
  return [
    {
      saw: id,
      allowed: 'the id of a type that Linode sells',
      message: 'Linode does not know it',
      remedy: 'take an id from `linode-cli linodes types`',
    },
  ];
}

function heapWords({ search }: Topology, { types }: RegionOffer): Words[] {
  const type = types.find((candidate) => candidate.id === search.machineType);
  if (type === undefined || search.heapMb <= type.memory / 2) return [];
  return [
    {
      saw: `${search.heapMb}m`,
      allowed: `${Math.floor(type.memory / 2)}m at most for ${type.id}`,
      message: `it is more than half of the ${type.memory} MB of ${type.id}`,
      remedy: 'set a smaller heap or a bigger machineType',
    },
  ];
}
