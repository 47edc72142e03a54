// What a person agreed to: the plan that was shown is what runs. A later round may repeat what was shown and go on with steps of a
// kind that was shown; whatever else it needs has to be asked for again.
import { disruptionOf } from './disruption.ts';
import type { Plan, Step } from './step.ts';

export class Consent {
  readonly #shown = new Map<string, string>();
  readonly #kinds = new Set<string>();

  /** Steps that nobody agreed to yet. */
  missing({ steps }: Plan): readonly Step[] {
    return steps.filter((step) => !this.#covers(step));
  }

  given({ steps }: Plan): void {
    for (const step of steps) {
      this.#shown.set(step.id, taskText(step));
      this.#kinds.add(step.task.kind);
    }
  }

  /** A step that takes something away must have been shown itself: this very object, this very machine. */
  #covers(step: Step): boolean {
    if (step.destructive || disruptionOf(step)) return this.#shown.get(step.id) === taskText(step);
    return this.#kinds.has(step.task.kind);
  }
}

function taskText({ task }: Step): string {
  return JSON.stringify(task);
}

/** Agrees to every plan: for a caller that has asked already, or that owns all there is. */
export const confirmAll = (): Promise<boolean> => Promise.resolve(true);

/** Agrees to whatever loses nothing. */
export const confirmUnlessDestructive = ({ added }: { readonly added: readonly Step[] }): Promise<boolean> =>
  Promise.resolve(added.every(({ destructive }) => !destructive));
