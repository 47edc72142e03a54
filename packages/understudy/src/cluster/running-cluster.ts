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
  /** Told every half minute what is still waited for. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

const sayEveryMs = 30_000;

/**
 * Asks until the answer is `true`, once at least. Undefined when it was; what was seen last when time ran out. That the cluster
 * could not be asked counts as seen: while nodes come and go, an answer that fails is followed by one that does not.
 */
export async function pollUntil(patience: PollBounds, ask: () => Promise<true | string>): Promise<string | undefined> {
  const { clock, deadlineMs, signal, everyMs = 300, onProgress } = patience;
  const begun = clock.monotonicMs();
  const end = begun + deadlineMs;
  let saidMs = begun;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await ask().catch((error: unknown) => {
      if (error instanceof UnderstudyError) return error.message;
      throw error;
    });
    if (seen === true) return undefined;
    const nowMs = clock.monotonicMs();
    if (nowMs >= end) return seen;
    if (nowMs - saidMs >= sayEveryMs) {
      onProgress?.(`has waited ${Math.round((nowMs - begun) / 1000)} s: ${seen}`);
      saidMs = nowMs;
    }
    await clock.sleep(everyMs, signal);
  }
}
