// Removes from a plan the steps whose requirements were not observed, and makes disruptive steps run one at a time.
import type { Observation } from '../../observe/index.ts';
import { disruptionOf, lacking, type Disruption, type Requirement } from './disruption.ts';
import { inOrder } from './step-graph.ts';
import type { StepId } from './step-id.ts';
import type { Obstacle, Plan, Step } from './step.ts';

/** The plan with only the steps whose requirements are met; each removed step becomes an obstacle with the reason. */
export function withoutUnsafeSteps(plan: Plan, observation: Observation, serviceChangesAtOnce: number): Plan {
  const view = {
    observation,
    obstacles: plan.obstacles,
    startsCluster: plan.steps.some(({ task }) => task.kind === 'cluster-members'),
  };
  const refused = new Map<StepId, Obstacle>();
  for (const step of plan.steps) {
    const reasons = (disruptionOf(step)?.mustHaveSeen ?? []).flatMap((requirement) => {
      const lack = lacking(requirement, step, view);
      return lack === undefined ? [] : [{ requirement, lack }];
    });
    if (reasons.length === 0) continue;
    refused.set(step.id, {
      subject: step.subject,
      reason: `${step.reason} The step ${step.action} is postponed: ${reasons.map(({ lack }) => lack).join('; ')}.`,
      unseen: reasons.every(({ requirement }) => isAboutObservation(requirement)),
    });
  }
  const kept = without(plan.steps, new Set(refused.keys()));
  return { steps: oneAtATime(kept, serviceChangesAtOnce), obstacles: [...plan.obstacles, ...refused.values()] };
}

function isAboutObservation(requirement: Requirement): boolean {
  return requirement !== 'no-obstacle';
}

/**
 * Drops the steps, and the later steps on the same subject: a machine that was not deleted is not created again. A firewall is
 * narrowed only when nothing was dropped.
 */
function without(steps: readonly Step[], dropped: Set<StepId>): Step[] {
  const kept: Step[] = [];
  const subjects = new Map(steps.map(({ id, subject }) => [id, subject]));
  for (const step of steps) {
    const needsAll = step.task.kind === 'firewall-narrow';
    const needsDropped = step.after.some((id) => dropped.has(id) && (needsAll || subjects.get(id) === step.subject));
    if (dropped.has(step.id) || needsDropped) dropped.add(step.id);
    else kept.push(step);
  }
  return kept.map((step) => ({ ...step, after: step.after.filter((id) => !dropped.has(id)) }));
}

/** The step that shows that the machine of this step is up again. */
function readyStepOf(step: Step, steps: readonly Step[]): StepId {
  const wait = steps.find(({ task, after }) => task.kind === 'machine-ready' && after.includes(step.id));
  return wait?.id ?? step.id;
}

/**
 * Steps of one group wait for each other, in the order of the plan: the second machine is changed when the first is up again. Of the
 * changes of service machines, the first is made alone, and then as many at once as the topology allows.
 */
function oneAtATime(steps: readonly Step[], serviceChangesAtOnce: number): Step[] {
  const queues = new Map<NonNullable<Disruption['group']>, Queue>();
  const chained = steps.map((step) => {
    const group = disruptionOf(step)?.group;
    if (group === undefined) return step;
    const queue = queues.get(group) ?? { changes: [], last: [] };
    queues.set(group, queue);
    const previous = queued(queue, step, readyStepOf(step, steps), serviceChangesAtOnce);
    const missing = previous.filter((id) => !step.after.includes(id));
    return missing.length === 0 ? step : { ...step, after: [...step.after, ...missing] };
  });
  return inOrder(chained);
}

/** `last`: what another step of the group waits for. `changes`: the latest changes of service machines without another step between. */
interface Queue {
  changes: StepId[];
  last: StepId[];
}

/** Puts the step into the queue; returns the steps that it waits for. */
function queued(queue: Queue, { task }: Step, ready: StepId, atOnce: number): readonly StepId[] {
  if (task.kind !== 'service-change') {
    const previous = queue.last;
    queue.changes = [];
    queue.last = [ready];
    return previous;
  }
  const before = queue.changes.at(Math.max(queue.changes.length - atOnce, 0));
  const previous = before === undefined ? queue.last : [before];
  queue.changes.push(ready);
  queue.last = queue.changes.length === 1 ? [ready] : queue.changes.slice(-atOnce);
  return previous;
}
