// Plans the replacement of machines with differences that Linode cannot change: one at a time, each drained before it is deleted.
import { absent } from '@understudy/foundation';
import type { Instance } from '../../linode/index.ts';
import { heldAddress, instanceNamed, type Observation, type ObservedObjects } from '../../observe/index.ts';
import { balancerLabel, type MachinePlan } from '../../topology/index.ts';
import { privateAddressOf } from './balancer-shape.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';
import { leftoverSteps } from './leftovers.ts';
import { toDelete } from './unmanaged.ts';
import { ifPlanned, stepId, type StepReference } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

interface Replacement {
  readonly machine: MachinePlan;
  readonly instance: Instance;
  /** Clauses: what is wrong with it. */
  readonly wrong: readonly string[];
}

export function replacementsIn(intent: Intent, { objects }: Observation): Replacement[] {
  return machinesFor(intent).flatMap((machine) => {
    const instance = instanceNamed(objects, machine.label);
    const wrong = instance ? wrongShape(intent, objects, machine, instance) : [];
    return instance && wrong.length > 0 ? [{ machine, instance, wrong }] : [];
  });
}

/** Differences that only a new machine can correct. */
function wrongShape(intent: Intent, objects: ObservedObjects, machine: MachinePlan, instance: Instance): string[] {
  const { region, image } = intent.topology;
  const wrong = [
    ...(instance.region === region ? [] : [`is in ${instance.region} instead of ${region}`]),
    ...(instance.type === machine.machineType
      ? []
      : [`is a ${String(instance.type)} instead of a ${machine.machineType}`]),
    ...(instance.image === image ? [] : [`has the image ${String(instance.image)} instead of ${image}`]),
  ];
  const held = heldAddress(objects, instance.id);
  if (held !== machine.vpcAddress)
    wrong.push(`has the private address ${held ?? 'none'} instead of ${machine.vpcAddress}`);
  const byPrivateAddress = machine.role === 'service' && intent.topology.balancer.backends === 'private';
  if (byPrivateAddress && privateAddressOf(instance) === undefined)
    wrong.push('has no private address for balancer.backends: private');
  return wrong;
}

/** Plans the removal of each; the rest of the plan treats them as absent and creates them again. */
export function planReplacements(draft: PlanDraft, intent: Intent, replacements: readonly Replacement[]): void {
  const replaced = new Set(replacements.map(({ machine }) => machine.label));
  // First the machines that stay and that this plan starts. Then one replacement at a time, each after the previous machine is ready.
  const before = machinesFor(intent).flatMap(({ label }) => (replaced.has(label) ? [] : readySteps(label)));
  for (const { machine, instance, wrong } of replacements) {
    const { label, role } = machine;
    draft.add({
      id: stepId.instanceReplace(label),
      subject: label,
      action: 'delete',
      reason: `${label} ${wrong.join(', ')}: it is drained, deleted and created again.`,
      destructive: true,
      task: { kind: role === 'search' ? 'search-remove' : 'service-remove', object: toDelete('instance', instance) },
      after: [...leftoverSteps(intent), ...before],
    });
    if (role === 'service') planBackendsAccept(draft, intent, machine);
    before.push(...readySteps(label));
  }
}

/** Steps after which a machine is ready; a machine that stays needs few of them or none. */
function readySteps(label: string): StepReference[] {
  const { instanceReady, engineStart, engineJoin, serviceRun } = stepId;
  return [instanceReady, engineStart, engineJoin, serviceRun].map((idOn) => ifPlanned(idOn(label)));
}

/** The backends are drained before the removal, and accept requests again when the new machine serves. */
function planBackendsAccept(draft: PlanDraft, intent: Intent, { label, ordinal }: MachinePlan): void {
  const { name, balancer } = intent.topology;
  for (const { port } of balancer.listeners) {
    draft.add({
      id: stepId.backendReturn(name, port, ordinal),
      subject: balancerLabel(name),
      action: 'update',
      reason: `On port ${port} the new ${label} accepts requests again.`,
      task: { kind: 'backend-update', port, machine: label },
      after: [stepId.serviceRun(label)],
    });
  }
}

/** The observation without these machines. */
export function withoutMachines(observation: Observation, labels: readonly string[]): Observation {
  if (labels.length === 0) return observation;
  const instances = observation.objects.instances.filter(({ label }) => !labels.includes(label));
  const gone = Object.fromEntries(labels.map((label) => [label, absent]));
  return {
    ...observation,
    objects: { ...observation.objects, instances },
    machines: { ...observation.machines, ...gone },
  };
}
