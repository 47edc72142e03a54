// Plans the deletion of every object with this system's tag, in the order that Linode accepts.
import type { ObservedObjects } from '../../observe/index.ts';
import { toDelete } from '../plan/unmanaged.ts';
import { stepId, type StepId } from '../plan/step-id.ts';
import { type ObjectToDelete, type Plan } from '../plan/step.ts';
import { PlanDraft } from '../plan/plan-draft.ts';

/** Pure. The balancer and the machines first, then the objects that they use. */
export function destroyPlan(objects: ObservedObjects): Plan {
  const draft = new PlanDraft();
  const remove = (object: ObjectToDelete, after: readonly StepId[]): StepId =>
    draft.add({
      id: stepId.objectDelete(object),
      subject: object.label,
      action: 'delete',
      reason: `The ${object.type} ${object.label} is part of the system to be destroyed.`,
      destructive: true,
      task: { kind: 'object-delete', object },
      after,
    });
  const balancers = objects.balancers.map(({ balancer }) => remove(toDelete('balancer', balancer), []));
  const instances = objects.instances.map((instance) => remove(toDelete('instance', instance), []));
  const users = [...balancers, ...instances];
  for (const { firewall } of objects.firewalls) remove(toDelete('firewall', firewall), users);
  for (const group of objects.placementGroups) remove(toDelete('placement-group', group), instances);
  for (const vpc of objects.vpcs) {
    const subnets = vpc.subnets.map((subnet) => remove(toDelete('subnet', subnet, [vpc.id]), users));
    remove(toDelete('vpc', vpc), [...users, ...subnets]);
  }
  return draft.finish();
}
