// Waiting for the world to become so: ask again and again, within a bound.
import type { Clock } from '@understudy/foundation';
import type { Evidence } from '../faults/fault.ts';

export interface Patience {
  readonly everyMs: number;
  readonly withinMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Resolves with the first evidence that is seen, or with the last one at the bound. An error of the asking is evidence that
 * was not seen; only the signal rejects.
 */
export async function until(
  clock: Clock,
  ask: () => Promise<Evidence>,
  { everyMs, withinMs, signal }: Patience,
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
