// What an operation on a running cluster needs: a transport, the engine's dialect, and a clock.
import { UnderstudyError, type Clock } from '@understudy/foundation';
import type { Dialect } from '../engines/index.ts';
import type { EngineTransport } from './transport.ts';

export interface RunningCluster {
  readonly transport: EngineTransport;
  readonly dialect: Dialect;
  readonly clock: Clock;
}

/** From a started process to a member: a cold JVM on a busy small machine takes most of it. */
export const joinWithinMs = 240_000;
export const greenWithinMs = 600_000;

interface PollBounds {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly everyMs?: number;
}

/**
 * Asks until the answer is `true`, once at least. Undefined when it was; what was seen last when time ran out. That the cluster
 * could not be asked counts as seen: while nodes come and go, an answer that fails is followed by one that does not.
 */
export async function pollUntil(patience: PollBounds, ask: () => Promise<true | string>): Promise<string | undefined> {
  const { clock, deadlineMs, signal, everyMs = 300 } = patience;
  const end = clock.monotonicMs() + deadlineMs;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await ask().catch((error: unknown) => {
      if (error instanceof UnderstudyError) return error.message;
      throw error;
    });
    if (seen === true) return undefined;
    if (clock.monotonicMs() >= end) return seen;
    await clock.sleep(everyMs, signal);
  }
}
