// Takes out of a draft what may not be done on what was seen, and lets disruptive steps run one after the other.
import type { Observation } from '../../observe/index.ts';
import { disruptionOf, lacking, type Disruption, type Requirement } from './disruption.ts';
import { inOrder } from './step-graph.ts';
import type { StepId } from './step-id.ts';
import type { Obstacle, Plan, Step } from './step.ts';

/** A plan whose steps all rest on what they must have seen; what was withheld, and why, is among its obstacles. */
export function withheld(plan: Plan, observation: Observation): Plan {
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
      reason: `${step.reason} To ${step.action} it has to wait: ${reasons.map(({ lack }) => lack).join('; ')}.`,
      unseen: reasons.every(({ requirement }) => isAboutSight(requirement)),
    });
  }
  const kept = without(plan.steps, new Set(refused.keys()));
  return { steps: inGroups(kept), obstacles: [...plan.obstacles, ...refused.values()] };
}

function isAboutSight(requirement: Requirement): boolean {
  return requirement !== 'no-obstacle';
}

/** Drops the steps, and with them whatever of the same subject was to come after: a machine that stays is not made anew. */
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

/** The step after which the machine of this one is proved back. */
function provedBackBy(step: Step, steps: readonly Step[]): StepId {
  const wait = steps.find(({ task, after }) => task.kind === 'machine-ready' && after.includes(step.id));
  return wait?.id ?? step.id;
}

/** Steps of one group wait for each other, in the order of the plan: a second machine is touched when the first is back. */
function inGroups(steps: readonly Step[]): Step[] {
  const last = new Map<NonNullable<Disruption['group']>, StepId>();
  const chained = steps.map((step) => {
    const group = disruptionOf(step)?.group;
    if (group === undefined) return step;
    const previous = last.get(group);
    last.set(group, provedBackBy(step, steps));
    return previous === undefined || step.after.includes(previous)
      ? step
      : { ...step, after: [...step.after, previous] };
  });
  return inOrder(chained);
}
