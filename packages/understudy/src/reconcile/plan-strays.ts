// Plans the removal of what carries this system's mark and is not in the topology. Every such step is destructive.
import type { Observation } from '../status/index.ts';
import { balancerLabel, firewallLabel, placementGroupLabels, tagOf } from '../topology/index.ts';
import { machinesFor, type Intent } from './intent.ts';
import { roles } from './plan-network.ts';
import { clusterSubject } from './plan-search.ts';
import type { DoomedObject, PlanDraft } from './step.ts';

export function planStrays(draft: PlanDraft, intent: Intent, { objects }: Observation): void {
  const { topology } = intent;
  const tag = tagOf(topology.name);
  const asked = new Set([
    ...machinesFor(intent).map(({ label }) => label),
    ...roles.map((role) => firewallLabel(topology.name, role)),
    balancerLabel(topology.name),
  ]);
  const stray = ({ label, tags }: { readonly label: string; readonly tags: readonly string[] }): boolean =>
    tags.includes(tag) && !asked.has(label);
  const doomed: DoomedObject[] = [
    ...objects.instances.filter(stray).map((item) => doom('instance', item)),
    ...objects.balancers.filter(({ balancer }) => stray(balancer)).map(({ balancer }) => doom('balancer', balancer)),
    ...objects.firewalls.filter(({ firewall }) => stray(firewall)).map(({ firewall }) => doom('firewall', firewall)),
  ];
  const groups = new Set(roles.flatMap((role) => placementGroupLabels(topology, role)));
  const strayGroups = objects.placementGroups.filter(({ label }) => !groups.has(label));
  let previous: string | undefined;
  for (const object of [...doomed, ...strayGroups.map((item) => doom('placement-group', item))]) {
    // Each machine that may hold copies waits for the one before: two at once could take both copies of a shard.
    const holdsData = object.type === 'instance' && isSearchLabel(topology.name, object.label);
    const id = draft.add({
      subject: object.label,
      action: 'delete',
      name: `delete-${object.type}-${object.id}`,
      reason: `The ${object.type} ${object.label} belongs to this system and is not in the topology.`,
      destructive: true,
      task: holdsData ? { kind: 'search-remove', object } : { kind: 'object-delete', object },
      after: [`${clusterSubject(intent)}/members`, ...(holdsData && previous !== undefined ? [previous] : [])],
    });
    if (holdsData) previous = id;
  }
}

function isSearchLabel(name: string, label: string): boolean {
  return label.startsWith(`${name}-search-`);
}

export function doom(
  type: DoomedObject['type'],
  item: { readonly id: number; readonly label: string },
  parents: readonly number[] = [],
): DoomedObject {
  return { type, id: item.id, label: item.label, parents };
}
