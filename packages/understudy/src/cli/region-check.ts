// Before anything is created: does the region have what the topology asks, and what will it cost?
import type { LinodeClient } from '../linode/index.ts';
import { isLinodeError } from '../linode/index.ts';
import { machinePlans, regionProblems, TopologyError, type Topology } from '../topology/index.ts';

export interface Price {
  /** US dollars a month at list price; null when a type has no price. */
  readonly monthlyUsd: number | null;
  readonly items: readonly { readonly what: string; readonly count: number; readonly monthlyUsd: number | null }[];
}

/** Refuses with `topology-invalid` when the region lacks something; else the monthly price. */
export async function checkRegion(linode: LinodeClient, topology: Topology, path: string): Promise<Price> {
  const [region, types, images, balancerTypes] = await Promise.all([
    linode.regions.get(topology.region).catch((error: unknown) => {
      if (isLinodeError(error, 'linode-not-found')) return undefined;
      throw error;
    }),
    linode.types.list(),
    linode.images.list(),
    linode.nodeBalancerTypes.list(),
  ]);
  const problems = regionProblems(topology, { region, types, images });
  if (problems.length > 0) throw new TopologyError(path, problems);
  return price(topology, types, balancerTypes);
}

interface Priced {
  readonly id: string;
  readonly price: { readonly monthly: number | null };
  readonly region_prices?: readonly { readonly id: string; readonly monthly: number | null }[];
}

function price(topology: Topology, types: readonly Priced[], balancerTypes: readonly Priced[]): Price {
  const counts = new Map<string, number>();
  for (const { machineType } of machinePlans(topology)) counts.set(machineType, (counts.get(machineType) ?? 0) + 1);
  const machines = [...counts].map(([id, count]) => ({
    what: id,
    count,
    monthlyUsd: times(
      count,
      types.find((type) => type.id === id),
      topology.region,
    ),
  }));
  const balancer = { what: 'NodeBalancer', count: 1, monthlyUsd: times(1, balancerTypes[0], topology.region) };
  const items = [...machines, balancer];
  const known = items.map(({ monthlyUsd }) => monthlyUsd);
  return { items, monthlyUsd: known.includes(null) ? null : known.reduce<number>((sum, one) => sum + (one ?? 0), 0) };
}

function times(count: number, type: Priced | undefined, region: string): number | null {
  const monthly = type?.region_prices?.find(({ id }) => id === region)?.monthly ?? type?.price.monthly;
  return typeof monthly === 'number' ? monthly * count : null;
}
