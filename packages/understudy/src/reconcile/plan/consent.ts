// What a person confirmed: only the plan that was shown runs. A later round may repeat the shown steps and may run further steps of
// the shown kinds; every other step has to be confirmed again.
import { disruptionOf } from './disruption.ts';
import type { Plan, Step } from './step.ts';

export class Consent {
  readonly #shown = new Map<string, string>();
  readonly #kinds = new Set<string>();

  /** Steps that are not confirmed yet. */
  missing({ steps }: Plan): readonly Step[] {
    return steps.filter((step) => !this.#covers(step));
  }

  given({ steps }: Plan): void {
    for (const step of steps) {
      this.#shown.set(step.id, taskText(step));
      this.#kinds.add(step.task.kind);
    }
  }

  /** A disruptive step must itself have been shown, with the same object and machine. */
  #covers(step: Step): boolean {
    if (step.destructive || disruptionOf(step)) return this.#shown.get(step.id) === taskText(step);
    return this.#kinds.has(step.task.kind);
  }
}

function taskText({ task }: Step): string {
  return JSON.stringify(task);
}

/** Confirms every plan: for a caller that has asked already, or that owns the whole system. */
export const confirmAll = (): Promise<boolean> => Promise.resolve(true);

/** Confirms plans without destructive steps. */
export const confirmUnlessDestructive = ({ added }: { readonly added: readonly Step[] }): Promise<boolean> =>
  Promise.resolve(added.every(({ destructive }) => !destructive));
