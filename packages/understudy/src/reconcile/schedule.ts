// Runs steps as soon as what they wait for is done, several at a time. A failed step stops only those that need it.
import type { Step } from './step.ts';

export type Outcome =
  | { readonly step: Step; readonly result: 'done' }
  | { readonly step: Step; readonly result: 'failed'; readonly error: Error }
  /** Not tried: it was not allowed, or something it waits for was not done. */
  | { readonly step: Step; readonly result: 'skipped' };

export interface Schedule {
  readonly steps: readonly Step[];
  /** Steps at once. */
  readonly width: number;
  readonly allowed: (step: Step) => boolean;
  readonly run: (step: Step) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Resolves when nothing runs and nothing more can; outcomes in the order of the plan. */
export async function runSchedule(schedule: Schedule): Promise<Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  const running = new Map<string, Promise<void>>();
  const waiting = new Set(schedule.steps);

  function settle(): void {
    for (const step of schedule.steps) {
      if (!waiting.has(step)) continue;
      const before = step.after.map((id) => outcomes.get(id));
      const hopeless = before.some((outcome) => outcome !== undefined && outcome.result !== 'done');
      if (hopeless || !schedule.allowed(step) || schedule.signal?.aborted) {
        waiting.delete(step);
        outcomes.set(step.id, { step, result: 'skipped' });
      } else if (running.size < schedule.width && before.every((outcome) => outcome?.result === 'done')) {
        waiting.delete(step);
        running.set(step.id, attempt(step));
      }
    }
  }

  async function attempt(step: Step): Promise<void> {
    try {
      await schedule.run(step);
      outcomes.set(step.id, { step, result: 'done' });
    } catch (error) {
      outcomes.set(step.id, {
        step,
        result: 'failed',
        error: error instanceof Error ? error : new Error(String(error)),
      });
    }
    running.delete(step.id);
  }

  settle();
  while (running.size > 0) {
    await Promise.race(running.values());
    settle();
  }
  return schedule.steps.map((step) => outcomes.get(step.id) ?? { step, result: 'skipped' });
}
