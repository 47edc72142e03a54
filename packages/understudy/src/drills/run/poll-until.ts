// Polls until a condition is seen, within a time limit.
import type { Clock } from '@understudy/foundation';
import type { Evidence } from '../faults/fault.ts';

export interface PollBounds {
  readonly everyMs: number;
  readonly withinMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Resolves with the first evidence that is seen, or with the last one at the bound. An error of the asking is evidence that
 * was not seen; only the signal rejects.
 */
export async function pollUntil(
  clock: Clock,
  ask: () => Promise<Evidence>,
  { everyMs, withinMs, signal }: PollBounds,
): Promise<Evidence> {
  const endMs = clock.monotonicMs() + withinMs;
  for (;;) {
    const evidence = await ask().catch((error: unknown) => ({ seen: false, detail: messageOf(error) }));
    if (evidence.seen || clock.monotonicMs() >= endMs) return evidence;
    await clock.sleep(everyMs, signal);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
