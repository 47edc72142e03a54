// A bound on concurrent work, first come first served.
import { onAbort } from '@understudy/foundation';

export interface Gate {
  /** Runs `work` when a slot is free; a waiting caller whose signal aborts leaves the queue. */
  run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

export function gate(slots: number): Gate {
  let free = slots;
  const queue: (() => void)[] = [];

  const enter = (signal: AbortSignal | undefined): Promise<void> => {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        unlisten();
        resolve();
      };
      queue.push(admit);
      const unlisten = onAbort(signal, () => {
        queue.splice(queue.indexOf(admit), 1);
        reject(signal?.reason as Error);
      });
    });
  };

  const exit = () => {
    const next = queue.shift();
    if (next) next();
    else free += 1;
  };

  return {
    run: async (work, signal) => {
      await enter(signal);
      try {
        return await work();
      } finally {
        exit();
      }
    },
  };
}
