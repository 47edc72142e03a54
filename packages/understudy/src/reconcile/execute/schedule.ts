// Runs each step as soon as its dependencies are done, several at a time. A failed step stops only the steps that depend on it.
import { StepGraph } from '../plan/step-graph.ts';
import type { Step } from '../plan/step.ts';

export type Outcome =
  | { readonly step: Step; readonly result: 'done' }
  | { readonly step: Step; readonly result: 'failed'; readonly error: Error }
  /** Not tried: one of its dependencies was not done. */
  | { readonly step: Step; readonly result: 'skipped' };

export interface Schedule {
  readonly steps: readonly Step[];
  /** How many steps run at the same time. */
  readonly concurrency: number;
  readonly run: (step: Step) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Resolves when no step runs and none can start; outcomes in the order of the plan. */
export async function runSchedule(schedule: Schedule): Promise<Outcome[]> {
  const graph = new StepGraph(schedule.steps);
  const outcomes = new Map<string, Outcome>();
  const running = new Map<string, Promise<void>>();
  const ready: Step[] = [];

  /** Also skips every step that depends on it. */
  function skip(step: Step): void {
    if (outcomes.has(step.id)) return;
    outcomes.set(step.id, { step, result: 'skipped' });
    graph.dependents(step.id).forEach(skip);
  }

  function release(steps: readonly Step[]): void {
    ready.push(...steps.filter(({ id }) => !outcomes.has(id)));
  }

  function begin(): void {
    while (!schedule.signal?.aborted && running.size < schedule.concurrency) {
      const step = ready.shift();
      if (!step) return;
      running.set(step.id, attempt(step));
    }
  }

  async function attempt(step: Step): Promise<void> {
    try {
      await schedule.run(step);
      outcomes.set(step.id, { step, result: 'done' });
      release(graph.done(step.id));
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      outcomes.set(step.id, { step, result: 'failed', error: reason });
      graph.dependents(step.id).forEach(skip);
    }
    running.delete(step.id);
  }

  release(graph.first());
  begin();
  while (running.size > 0) {
    await Promise.race(running.values());
    begin();
  }
  return schedule.steps.map((step) => outcomes.get(step.id) ?? { step, result: 'skipped' });
}
