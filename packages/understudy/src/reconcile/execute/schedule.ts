// Runs steps as soon as what they wait for is done, several at a time. A failed step stops only those that need it.
import { StepGraph } from '../plan/step-graph.ts';
import type { Step } from '../plan/step.ts';

export type Outcome =
  | { readonly step: Step; readonly result: 'done' }
  | { readonly step: Step; readonly result: 'failed'; readonly error: Error }
  /** Not tried: something it waits for was not done. */
  | { readonly step: Step; readonly result: 'skipped' };

export interface Schedule {
  readonly steps: readonly Step[];
  /** Steps at once. */
  readonly width: number;
  readonly run: (step: Step) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Resolves when nothing runs and nothing more can; outcomes in the order of the plan. */
export async function runSchedule(schedule: Schedule): Promise<Outcome[]> {
  const graph = new StepGraph(schedule.steps);
  const outcomes = new Map<string, Outcome>();
  const running = new Map<string, Promise<void>>();
  const ready: Step[] = [];

  /** With it all that would need it. */
  function skip(step: Step): void {
    if (outcomes.has(step.id)) return;
    outcomes.set(step.id, { step, result: 'skipped' });
    graph.dependents(step.id).forEach(skip);
  }

  function release(steps: readonly Step[]): void {
    ready.push(...steps.filter(({ id }) => !outcomes.has(id)));
  }

  function begin(): void {
    while (!schedule.signal?.aborted && running.size < schedule.width) {
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
