// Plans the deletion of objects that have this system's tag and are not in the topology. Every such step is destructive.
import type { Observation } from '../../observe/index.ts';
import { balancerLabel, firewallLabel, placementGroupLabels, tagOf } from '../../topology/index.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';
import { leftoverSteps, membersFirst } from './leftovers.ts';
import { roles } from './network.ts';
import { ifPlanned, stepId } from './step-id.ts';
import type { ObjectToDelete } from './step.ts';
import type { PlanDraft } from './plan-draft.ts';

export function planUnmanaged(draft: PlanDraft, intent: Intent, { objects }: Observation): void {
  const { topology } = intent;
  const tag = tagOf(topology.name);
  const asked = new Set([
    ...machinesFor(intent).map(({ label }) => label),
    ...roles.map((role) => firewallLabel(topology.name, role)),
    // The balancer's firewall has the same label.
    balancerLabel(topology.name),
  ]);
  const isUnmanaged = ({ label, tags }: { readonly label: string; readonly tags: readonly string[] }): boolean =>
    tags.includes(tag) && !asked.has(label);
  const unmanaged: ObjectToDelete[] = [
    // By ordinal: Linode lists them by id, which depends on what was created first.
    ...objects.instances
      .filter(isUnmanaged)
      .sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }))
      .map((item) => toDelete('instance', item)),
    ...objects.balancers
      .filter(({ balancer }) => isUnmanaged(balancer))
      .map(({ balancer }) => toDelete('balancer', balancer)),
    ...objects.firewalls
      .filter(({ firewall }) => isUnmanaged(firewall))
      .map(({ firewall }) => toDelete('firewall', firewall)),
  ];
  const groups = new Set(roles.flatMap((role) => placementGroupLabels(topology, role)));
  const unmanagedGroups = objects.placementGroups.filter(({ label }) => !groups.has(label));
  const backends = objects.balancers.flatMap(({ configs }) => configs.flatMap(({ nodes }) => nodes));
  for (const object of [...unmanaged, ...unmanagedGroups.map((item) => toDelete('placement-group', item))]) {
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
          // When its whole listener is deleted, a backend has no step of its own.
          .map(({ id }) => ifPlanned(stepId.backendDelete(topology.name, id))),
      ],
    });
  }
}

/** Machines are removed with the procedure of their role; every other object is deleted directly. */
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
