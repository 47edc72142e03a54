// Builds a plan: collects steps and obstacles, then resolves the references between steps and sorts them.
import type { Unknown } from '@understudy/foundation';
import { inOrder } from './step-graph.ts';
import { isOf, type StepId, type StepReference } from './step-id.ts';
import type { Obstacle, Plan, Step } from './step.ts';

export interface StepRequest {
  readonly id: StepId;
  readonly subject: string;
  readonly action: Step['action'];
  readonly reason: string;
  readonly task: Step['task'];
  /** Steps that must be done first: ids of steps of this plan, and `ifPlanned` for steps that the plan may not have. */
  readonly after?: readonly StepReference[];
  readonly destructive?: boolean;
}

type DraftedStep = Omit<Step, 'after'> & { readonly after: readonly StepReference[] };

/** Collects steps; `finish` resolves their references and sorts them. */
export class PlanDraft {
  readonly #steps = new Map<StepId, DraftedStep>();
  readonly #obstacles: Obstacle[] = [];

  /** Returns the step's id. */
  add(request: StepRequest): StepId {
    const { id, subject, action, reason, task, after = [], destructive = false } = request;
    if (!isOf(id, subject)) throw new Error(`the step ${id} is not of ${subject}`);
    if (this.#steps.has(id)) throw new Error(`two steps have the id ${id}`);
    this.#steps.set(id, { id, subject, action, reason, destructive, after, task });
    return id;
  }

  has(id: StepId): boolean {
    return this.#steps.has(id);
  }

  /** What a step does; undefined when the plan does not have it so far. */
  taskOf(id: StepId): Step['task']['kind'] | undefined {
    return this.#steps.get(id)?.task.kind;
  }

  /** The ids of all steps so far. */
  ids(): readonly StepId[] {
    return [...this.#steps.keys()];
  }

  obstacle(subject: string, reason: string): void {
    this.#obstacles.push({ subject, reason, unseen: false });
  }

  /** An obstacle because something could not be observed; the next observation may remove it. */
  unseenObstacle(subject: string, reason: string): void {
    this.#obstacles.push({ subject, reason, unseen: true });
  }

  /** An obstacle because a required part could not be read; the steps that depend on it are left out. */
  unreadPart(subject: string, what: string, { reason }: Unknown): void {
    const text = `${what} could not be read, so it is not changed: ${reason}`;
    this.#obstacles.push({ subject, reason: text, unseen: true });
  }

  /** Throws when a step waits for one that the plan does not have, unless the reference is `ifPlanned`. */
  finish(): Plan {
    const steps = [...this.#steps.values()].map((step) => {
      const after = step.after.flatMap((reference) => {
        if (typeof reference === 'string') return [reference];
        return this.#steps.has(reference.ifPlanned) ? [reference.ifPlanned] : [];
      });
      return { ...step, after: [...new Set(after)] };
    });
    return { steps: inOrder(steps), obstacles: this.#obstacles };
  }
}
