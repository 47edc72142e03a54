// The tool watches itself: while it does not run, the cluster, the balancer and the error budget are not watched, and every step
// of the run is late. Also whether the wall clock is stepped, or the machine is suspended: then its clocks drift apart.
import type { Clock } from '@understudy/foundation';
import { PauseWatch } from './pause-watch.ts';

const checkEveryMs = 100;

export interface ToolHealth {
  /** The longest time that the tool did not run. */
  readonly longestPauseMs: number;
  /** The most that the wall clock moved against the run's clock; negative is back. */
  readonly clockStepMs: number;
}

/** `wall` may be stepped, `steady` is the run's clock. The function that is returned ends the watch. */
export function watchTool(wall: Clock, steady: Clock): () => Promise<ToolHealth> {
  const stopped = new AbortController();
  const pauses = new PauseWatch(steady.monotonicMs());
  let clockStepMs = 0;
  const look = (): void => {
    pauses.tick(steady.monotonicMs());
    const stepMs = wall.now() - steady.now();
    if (Math.abs(stepMs) > Math.abs(clockStepMs)) clockStepMs = stepMs;
  };
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      look();
      await steady.sleep(checkEveryMs, stopped.signal).catch(() => undefined);
    }
  })();
  return async () => {
    stopped.abort();
    await watching;
    look();
    return { longestPauseMs: Math.round(pauses.longestMs), clockStepMs: Math.round(clockStepMs) };
  };
}
