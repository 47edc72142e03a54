// What a region lacks for a topology. Pure: the caller fetches the region, the types and the images.
import { placeOf } from './parse.ts';
import type { Problem } from './problem.ts';
import type { Topology } from './model.ts';
import { placementGroupLabels } from './plan.ts';

/** Linode's answers, as far as they are read here, in Linode's own field names. */
export interface RegionOffer {
  /** Undefined when Linode does not know the region. */
  readonly region:
    | {
        readonly id: string;
        readonly capabilities: readonly string[];
        readonly status?: string;
        readonly placement_group_limits?: { readonly maximum_linodes_per_pg: number } | null | undefined;
      }
    | undefined;
  /** Memory in mebibytes. */
  readonly types: readonly { readonly id: string; readonly memory: number; readonly vcpus: number }[];
  readonly images: readonly {
    readonly id: string;
    readonly capabilities: readonly string[];
    readonly deprecated: boolean;
    readonly status: string;
  }[];
}

const needed: readonly (readonly [capability: string, whatFor: string])[] = [
  ['Linodes', 'machines'],
  ['VPCs', 'the private network'],
  ['NodeBalancers', 'the balancer'],
  ['Cloud Firewall', 'closing the ports of the engine and the service'],
  ['Placement Group', 'machines on different hosts'],
  ['Metadata', 'configuring machines at birth'],
];

type Words = Pick<Problem, 'saw' | 'allowed' | 'message' | 'wayOut'>;

/** Everything that keeps the topology from being built in the region; empty when nothing does. */
export function regionProblems(topology: Topology, offer: RegionOffer): Problem[] {
  const at = (path: readonly string[], words: Words): Problem => ({
    field: path.join('.'),
    ...placeOf(topology, path),
    ...words,
  });
  return [
    ...capabilityWords(topology, offer).map((words) => at(['region'], words)),
    ...groupWords(topology, offer).map((words) => at(['placement', 'policy'], words)),
    ...imageWords(topology, offer).map((words) => at(['image'], words)),
    ...(['search', 'service'] as const).flatMap((role) =>
      typeWords(topology[role].machineType, offer).map((words) => at([role, 'machineType'], words)),
    ),
    ...heapWords(topology, offer).map((words) => at(['search', 'heap'], words)),
  ];
}

function capabilityWords({ region: id }: Topology, { region }: RegionOffer): Words[] {
  const wayOut = 'choose another region, such as us-ord, from `linode-cli regions list`';
  if (region === undefined)
    return [{ saw: id, allowed: 'the id of a region of Linode', message: 'Linode does not know it', wayOut }];
  const lacking = needed.filter(([capability]) => !region.capabilities.includes(capability));
  const outage: Words[] =
    region.status === 'outage'
      ? [{ saw: id, allowed: 'a region without an outage', message: 'Linode reports an outage there', wayOut }]
      : [];
  return [
    ...outage,
    ...lacking.map(([capability, whatFor]) => ({
      saw: id,
      allowed: `a region with ${needed.map(([name]) => name).join(', ')}`,
      message: `it lacks ${capability}, needed for ${whatFor}`,
      wayOut,
    })),
  ];
}

function groupWords(topology: Topology, { region }: RegionOffer): Words[] {
  const limit = region?.placement_group_limits?.maximum_linodes_per_pg;
  const largest = Math.max(
    ...(['search', 'service'] as const).map((role) => {
      const machines = role === 'search' ? topology.search.nodes : topology.service.instances;
      return placementGroupLabels(topology, role).length > 1 ? 5 : machines;
    }),
  );
  if (limit === undefined || limit >= largest) return [];
  return [
    {
      saw: `${largest} machines in a group`,
      allowed: `${limit} machines in a placement group of ${topology.region}`,
      message: 'the region holds fewer in one group',
      wayOut: 'choose another region or fewer machines',
    },
  ];
}

function imageWords({ image: id }: Topology, { images }: RegionOffer): Words[] {
  const image = images.find((candidate) => candidate.id === id);
  const allowed = 'an available image with cloud-init, such as linode/debian13';
  const wayOut = 'set image: linode/debian13, or another from `linode-cli images list`';
  if (image === undefined) return [{ saw: id, allowed, message: 'Linode does not know it', wayOut }];
  if (!image.capabilities.includes('cloud-init'))
    return [
      {
        saw: id,
        allowed,
        message: 'it does not read the metadata service, so it cannot be configured at birth',
        wayOut,
      },
    ];
  if (image.deprecated) return [{ saw: id, allowed, message: 'Linode has deprecated it', wayOut }];
  if (image.status !== 'available') return [{ saw: id, allowed, message: `its status is ${image.status}`, wayOut }];
  return [];
}

function typeWords(id: string, { types }: RegionOffer): Words[] {
  if (types.some((type) => type.id === id)) return [];
  return [
    {
      saw: id,
      allowed: 'the id of a type that Linode sells',
      message: 'Linode does not know it',
      wayOut: 'take an id from `linode-cli linodes types`',
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
      wayOut: 'set a smaller heap or a bigger machineType',
    },
  ];
}
