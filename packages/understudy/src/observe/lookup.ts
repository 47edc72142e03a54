// Looking things up in an observation. Each list is indexed once, so that asking for every machine of a system stays linear.
import type { Membership } from '../cluster/index.ts';
import { oncePer } from '@understudy/foundation';
import type { Instance, NodeBalancerNode } from '../linode/index.ts';
import type { Observation, ObservedBalancer, ObservedObjects } from './observation.ts';

const byLabel = oncePer(
  (instances: readonly Instance[]) => new Map(instances.map((instance) => [instance.label, instance])),
);
const byHolder = oncePer(
  (ips: ObservedObjects['vpcIps']) => new Map(ips.map(({ linode_id, address }) => [linode_id, address])),
);
const memberNames = oncePer(({ nodes }: Membership) => new Set(nodes.map(({ name }) => name)));
const backendsByLabel = oncePer((balancers: readonly ObservedBalancer[]) =>
  Map.groupBy(
    balancers.flatMap(({ configs }) => configs.flatMap(({ nodes }) => nodes)),
    ({ label }) => label,
  ),
);

export function instanceNamed(objects: Pick<ObservedObjects, 'instances'>, label: string): Instance | undefined {
  return byLabel(objects.instances).get(label);
}

/** The private address that an instance holds. */
export function heldAddress(objects: Pick<ObservedObjects, 'vpcIps'>, instanceId: number): string | null | undefined {
  return byHolder(objects.vpcIps).get(instanceId);
}

/** Whether the machine's engine belongs to the cluster; unknown when no engine answered, or no master is elected. */
export function membershipOf(
  { cluster }: Pick<Observation, 'cluster'>,
  label: string,
): 'member' | 'missing' | 'unknown' {
  if (cluster.state !== 'seen') return cluster.state === 'absent' ? 'missing' : 'unknown';
  const { membership } = cluster.value;
  if (membership.state !== 'seen') return 'unknown';
  return memberNames(membership.value).has(label) ? 'member' : 'missing';
}

/** The backends of a machine, one for each listener that knows it. */
export function backendsNamed(objects: Pick<ObservedObjects, 'balancers'>, label: string): readonly NodeBalancerNode[] {
  return backendsByLabel(objects.balancers).get(label) ?? [];
}
