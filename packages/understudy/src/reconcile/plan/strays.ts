// Plans the removal of what carries this system's mark and is not in the topology. Every such step is destructive.
import type { Observation } from '../../observe/index.ts';
import { balancerLabel, firewallLabel, placementGroupLabels, tagOf } from '../../topology/index.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';
import { leftoverSteps, membersFirst } from './leftovers.ts';
import { roles } from './network.ts';
import { ifPlanned, stepId } from './step-id.ts';
import type { ObjectToDelete } from './step.ts';
import type { PlanDraft } from './plan-draft.ts';

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
  const strays: ObjectToDelete[] = [
    ...objects.instances.filter(stray).map((item) => toDelete('instance', item)),
    ...objects.balancers
      .filter(({ balancer }) => stray(balancer))
      .map(({ balancer }) => toDelete('balancer', balancer)),
    ...objects.firewalls
      .filter(({ firewall }) => stray(firewall))
      .map(({ firewall }) => toDelete('firewall', firewall)),
  ];
  const groups = new Set(roles.flatMap((role) => placementGroupLabels(topology, role)));
  const strayGroups = objects.placementGroups.filter(({ label }) => !groups.has(label));
  const backends = objects.balancers.flatMap(({ configs }) => configs.flatMap(({ nodes }) => nodes));
  for (const object of [...strays, ...strayGroups.map((item) => toDelete('placement-group', item))]) {
    draft.add({
      id: stepId.objectDelete(object),
      subject: object.label,
      action: 'delete',
      reason: `The ${object.type} ${object.label} belongs to this system and is not in the topology.`,
      destructive: true,
      task: { kind: removalOf(topology.name, object), object },
      after: [
        ...membersFirst(intent),
        ...leftoverSteps(intent),
        ...backends
          .filter(({ label }) => label === object.label)
          // A backend of a listener that goes as a whole has no step of its own.
          .map(({ id }) => ifPlanned(stepId.backendDelete(topology.name, id))),
      ],
    });
  }
}

/** A machine goes by the way of its role; everything else is deleted as it is. */
function removalOf(
  name: string,
  { type, label }: ObjectToDelete,
): 'search-remove' | 'service-remove' | 'object-delete' {
  if (type !== 'instance') return 'object-delete';
  if (label.startsWith(`${name}-search-`)) return 'search-remove';
  return label.startsWith(`${name}-service-`) ? 'service-remove' : 'object-delete';
}

export function toDelete(
  type: ObjectToDelete['type'],
  item: { readonly id: number; readonly label: string },
  parents: readonly number[] = [],
): ObjectToDelete {
  return { type, id: item.id, label: item.label, parents };
}
