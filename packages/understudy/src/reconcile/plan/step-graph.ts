// Which steps wait for which: the order of a plan, and what may run next. Refuses a step that waits for a step outside of the plan.
import type { StepId } from './step-id.ts';
import type { Step } from './step.ts';

export class StepGraph {
  readonly #steps: readonly Step[];
  readonly #dependents = new Map<StepId, Step[]>();
  readonly #awaited = new Map<StepId, number>();

  /** Throws when a step waits for one that is not among these. */
  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    const ids = new Set(steps.map(({ id }) => id));
    for (const step of steps) {
      this.#awaited.set(step.id, step.after.length);
      for (const id of step.after) {
        if (!ids.has(id)) throw new Error(`the step ${step.id} waits for ${id}, which is not in the plan`);
        const dependents = this.#dependents.get(id);
        if (dependents) dependents.push(step);
        else this.#dependents.set(id, [step]);
      }
    }
  }

  /** Steps that wait for nothing, in the order of the plan. */
  first(): Step[] {
    return this.#steps.filter(({ after }) => after.length === 0);
  }

  /** Steps that wait for this one, among others. */
  dependents(id: StepId): readonly Step[] {
    return this.#dependents.get(id) ?? [];
  }

  /** Marks a step as done, once; returns the steps that have no open dependency left. */
  done(id: StepId): Step[] {
    return this.dependents(id).filter((step) => {
      const left = (this.#awaited.get(step.id) ?? 0) - 1;
      this.#awaited.set(step.id, left);
      return left === 0;
    });
  }
}

/** An order in which the steps could run one by one. Throws when steps wait for each other. */
export function inOrder(steps: readonly Step[]): Step[] {
  const graph = new StepGraph(steps);
  const position = new Map(steps.map(({ id }, index) => [id, index]));
  const ordered: Step[] = [];
  for (let ready = graph.first(); ready.length > 0;) {
    ordered.push(...ready);
    ready = ready
      .flatMap(({ id }) => graph.done(id))
      .sort((a, b) => (position.get(a.id) ?? 0) - (position.get(b.id) ?? 0));
  }
  if (ordered.length < steps.length) {
    const placed = new Set(ordered);
    const stuck = steps.filter((step) => !placed.has(step)).map(({ id }) => id);
    throw new Error(`steps wait for each other: ${stuck.join(', ')}`);
  }
  return ordered;
}
