// A plan while it is made: steps and obstacles are added, and at the end references are resolved and the order is found.
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
  /** What must come first: steps of this plan, and `ifPlanned` those that it may turn out not to need. */
  readonly after?: readonly StepReference[];
  readonly destructive?: boolean;
}

type DraftedStep = Omit<Step, 'after'> & { readonly after: readonly StepReference[] };

/** Gathers steps; at the end it resolves their references, and puts them in order. */
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

  obstacle(subject: string, reason: string): void {
    this.#obstacles.push({ subject, reason, unseen: false });
  }

  /** Nothing can be seen, and why that is not the machines' fault. */
  blind(subject: string, reason: string): void {
    this.#obstacles.push({ subject, reason, unseen: true });
  }

  /** Something that must be known and could not be read: what depends on it is left as it is. */
  unseen(subject: string, what: string, { reason }: Unknown): void {
    const text = `${what} could not be read, so nothing about it is changed: ${reason}`;
    this.#obstacles.push({ subject, reason: text, unseen: true });
  }

  /** Throws where a step waits for one that the plan does not have, unless that was said to be optional. */
  finish(): Plan {
    const steps = [...this.#steps.values()].map((step) => ({
      ...step,
      after: step.after.flatMap((reference) => {
        if (typeof reference === 'string') return [reference];
        return this.#steps.has(reference.ifPlanned) ? [reference.ifPlanned] : [];
      }),
    }));
    return { steps: inOrder(steps), obstacles: this.#obstacles };
  }
}
