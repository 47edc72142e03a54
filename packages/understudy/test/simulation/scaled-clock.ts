// A faster clock: waits of minutes take seconds, and events keep their order.
import { onAbort, type Clock } from '@understudy/foundation';

export function scaledClock(factor: number): Clock {
  const startMs = Date.now();
  return {
    now: () => startMs + (Date.now() - startMs) * factor,
    monotonicMs: () => performance.now() * factor,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          unlisten();
          resolve();
        }, ms / factor);
        const unlisten = onAbort(signal, () => {
          clearTimeout(timer);
          reject(signal?.reason as Error);
        });
      }),
  };
}
