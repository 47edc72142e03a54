// The present state of the running workload: is it steady, and since when. Only the tool that runs the drill uses it;
// verdicts come from the history.
import type { SteadyState } from '../goals.ts';
import type { Outcome } from '../history/records.ts';

/** How often the generator reports them. */
export const statsEveryMs = 200;

export interface LiveStats {
  /** When they were made, on the run's clock: old ones say nothing of now. */
  readonly atMs: number;
  readonly total: number;
  readonly failed: number;
  /** No failure and no lane without a success for too long, since this moment. */
  readonly steadySinceMs: number;
  readonly maxLagMs: number;
}

export class LiveState {
  readonly #steady: SteadyState;
  /** Null until the lane's first success: a lane without one proves no steady state. */
  readonly #lastSuccessMs: Map<string, number | null>;
  #steadySinceMs: number;
  #total = 0;
  #failed = 0;
  #maxLagMs = 0;

  constructor(lanes: readonly string[], steady: SteadyState, startMs: number) {
    this.#steady = steady;
    this.#steadySinceMs = startMs;
    this.#lastSuccessMs = new Map(lanes.map((lane) => [lane, null]));
  }

  record(outcome: Outcome): void {
    this.#total += 1;
    this.#maxLagMs = Math.max(this.#maxLagMs, outcome.sentMs - outcome.dueMs);
    const last = this.#lastSuccessMs.get(outcome.lane) ?? outcome.endMs;
    if (outcome.endMs - last > this.#steady.maxGapMs)
      this.#steadySinceMs = Math.max(this.#steadySinceMs, outcome.endMs);
    if (outcome.outcome === 'acknowledged' || outcome.outcome === 'answered') {
      this.#lastSuccessMs.set(outcome.lane, Math.max(last, outcome.endMs));
    } else {
      this.#failed += 1;
      this.#steadySinceMs = Math.max(this.#steadySinceMs, outcome.endMs);
    }
  }

  stats(nowMs: number): LiveStats {
    const { maxGapMs } = this.#steady;
    const silent = [...this.#lastSuccessMs.values()].some((lastMs) => lastMs === null || nowMs - lastMs > maxGapMs);
    if (silent) this.#steadySinceMs = nowMs;
    return {
      atMs: nowMs,
      total: this.#total,
      failed: this.#failed,
      steadySinceMs: this.#steadySinceMs,
      maxLagMs: this.#maxLagMs,
    };
  }
}
