// Time, randomness and deferral as one dependency, so that a simulated clock can drive every policy. Nothing else reads a clock.

/** A timer that can be cancelled, and set to keep the process alive or not. */
export interface Timer {
  cancel(): void;
  hold(keepAlive: boolean): void;
}

export interface Time {
  /** Milliseconds on a clock that never goes back; only differences mean anything. */
  now(): number;
  /** Wall clock, milliseconds since the epoch (Retry-After may carry a date). */
  wall(): number;
  /** Runs `task` once after `ms`. */
  after(ms: number, task: () => void): Timer;
  /** Runs `task` after the events that are ready now: callers of the same turn of the loop are gathered without a wait. */
  defer(task: () => void): void;
  /** Uniform in [0, 1). */
  random(): number;
}

export const systemTime: Time = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, task) => {
    const timeout = setTimeout(task, ms);
    return {
      cancel: () => clearTimeout(timeout),
      hold: (keepAlive) => {
        if (keepAlive) timeout.ref();
        else timeout.unref();
      },
    };
  },
  defer: (task) => void setImmediate(task),
  random: Math.random,
};
