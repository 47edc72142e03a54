// Checks before anything is created: rights of the token, settings of the account, supplies of the region. Computes the price.
import { UnderstudyError } from '@understudy/foundation';
import { isLinodeError, missingGrants, missingScopes, type Access, type LinodeClient } from '../linode/index.ts';
import type { Intent } from './intent-shape.ts';
import { acmeOf, machinePlans, regionProblems, TopologyError, type Topology } from '../topology/index.ts';

export interface Price {
  /** US dollars a month at list price; null when a type has no price. */
  readonly monthlyUsd: number | null;
  readonly items: readonly { readonly what: string; readonly count: number; readonly monthlyUsd: number | null }[];
}

export interface RegionCheck {
  readonly price: Price;
  readonly interfaceGeneration: NonNullable<Intent['interfaceGeneration']>;
}

/** Errors: `linode-access` when the token or its user lacks a right, `topology-invalid` when the region or account lacks something. */
export async function checkRegion(
  linode: LinodeClient,
  topology: Topology,
  path: string,
  access: Access,
): Promise<RegionCheck> {
  await checkAccess(linode, access, ordersCertificates(topology));
  const [region, types, images, balancerTypes, placementGroups, settings] = await Promise.all([
    linode.regions.get(topology.region).catch((error: unknown) => {
      if (isLinodeError(error, 'linode-not-found')) return undefined;
      throw error;
    }),
    linode.types.list(),
    linode.images.list(),
    linode.nodeBalancerTypes.list(),
    linode.placementGroups.list({ region: topology.region }),
    accountSettings(linode),
  ]);
  const interfaces = settings?.interfaces_for_new_linodes;
  const problems = regionProblems(topology, { region, types, images, placementGroups, interfaces });
  if (problems.length > 0) throw new TopologyError(path, problems);
  return {
    price: price(topology, types, balancerTypes),
    interfaceGeneration: interfaces === 'linode_only' ? 'linode' : 'legacy_config',
  };
}

function ordersCertificates({ balancer }: Topology): boolean {
  return balancer.listeners.some((listener) => acmeOf(listener)?.challenge === 'dns-01');
}

/**
 * Compares the token's scopes and its user's grants with the required ones. Scopes that the endpoint does not report count as
 * present. Error: `linode-access` (facts: `missing`), which names each missing right and its purpose.
 */
export async function checkAccess(linode: LinodeClient, access: Access, orders = false): Promise<void> {
  const [scopes, profile] = await Promise.all([linode.profile.scopes(), linode.profile.get()]);
  const lacking = scopes === undefined ? [] : missingScopes(scopes, access, orders);
  const grants = access === 'write' && profile.restricted ? await linode.profile.grants() : undefined;
  const missing = [
    ...lacking.map(({ scope, whatFor }) => ({ what: `the scope ${scope}`, whatFor })),
    ...(grants ? missingGrants(grants) : []).map(({ grant, whatFor }) => ({
      what: `the grant ${grant} of the user ${profile.username}`,
      whatFor,
    })),
  ];
  if (missing.length === 0) return;
  const lines = missing.map(({ what, whatFor }) => `  - ${what}, for ${whatFor}`);
  throw new UnderstudyError(
    'linode-access',
    `The token lacks rights that this command needs; nothing was changed. It lacks:\n${lines.join('\n')}\n` +
      `It has: ${scopes?.join(' ') || 'no scope'}. Make a token with these scopes (docs/linode.md lists them all), then run again.`,
    { facts: { missing: missing.map(({ what }) => what), scopes } },
  );
}

/** Undefined for a user who may not read the account; then the usual settings are assumed. */
async function accountSettings(linode: LinodeClient) {
  try {
    return await linode.account.settings();
  } catch (error) {
    if (isLinodeError(error, 'linode-forbidden')) return undefined;
    throw error;
  }
}

interface Priced {
  readonly id: string;
  readonly price: { readonly monthly: number | null };
  readonly region_prices?: readonly { readonly id: string; readonly monthly: number | null }[];
}

/** The standard type of balancer, which is created when no type is requested. */
const balancerType = 'nodebalancer';

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
  const found = balancerTypes.find(({ id }) => id === balancerType);
  const balancer = { what: 'NodeBalancer', count: 1, monthlyUsd: times(1, found, topology.region) };
  const items = [...machines, balancer];
  const known = items.map(({ monthlyUsd }) => monthlyUsd);
  return { items, monthlyUsd: known.includes(null) ? null : known.reduce<number>((sum, one) => sum + (one ?? 0), 0) };
}

function times(count: number, type: Priced | undefined, region: string): number | null {
  const monthly = type?.region_prices?.find(({ id }) => id === region)?.monthly ?? type?.price.monthly;
  return typeof monthly === 'number' ? monthly * count : null;
}
