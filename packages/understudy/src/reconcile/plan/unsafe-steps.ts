// Removes from a plan the steps whose requirements were not observed, and makes disruptive steps run one at a time.
import type { Observation } from '../../observe/index.ts';
import { disruptionOf, lacking, type Disruption, type Requirement } from './disruption.ts';
import { inOrder } from './step-graph.ts';
import type { StepId } from './step-id.ts';
import type { Obstacle, Plan, Step } from './step.ts';

/** The plan with only the steps whose requirements are met; each removed step becomes an obstacle with the reason. */
export function withoutUnsafeSteps(plan: Plan, observation: Observation): Plan {
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
  return { steps: oneAtATime(kept), obstacles: [...plan.obstacles, ...refused.values()] };
}

function isAboutObservation(requirement: Requirement): boolean {
  return requirement !== 'no-obstacle';
}

/** Drops the steps, and the later steps on the same subject: a machine that was not deleted is not created again. */
function without(steps: readonly Step[], dropped: Set<StepId>): Step[] {
  const kept: Step[] = [];
  const subjects = new Map(steps.map(({ id, subject }) => [id, subject]));
  for (const step of steps) {
    const needsDropped = step.after.some((id) => dropped.has(id) && subjects.get(id) === step.subject);
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

/** Steps of one group wait for each other, in the order of the plan: the second machine is changed when the first is up again. */
function oneAtATime(steps: readonly Step[]): Step[] {
  const last = new Map<NonNullable<Disruption['group']>, StepId>();
  const chained = steps.map((step) => {
    const group = disruptionOf(step)?.group;
    if (group === undefined) return step;
    const previous = last.get(group);
    last.set(group, readyStepOf(step, steps));
    return previous === undefined || step.after.includes(previous)
      ? step
      : { ...step, after: [...step.after, previous] };
  });
  return inOrder(chained);
}
