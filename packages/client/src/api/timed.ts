// Runs an operation and records its latency in the switch of its kind, so that gathering is judged by the latency of callers.
import type { Core } from '../call/core.ts';
import type { GatherSwitch } from '../gather/switch.ts';

export function timed<R>(core: Core, gatherSwitch: GatherSwitch, work: () => Promise<R>): Promise<R> {
  const { epoch } = gatherSwitch;
  const startedMs = core.time.now();
  const record = (ok: boolean): void => {
    const now = core.time.now();
    gatherSwitch.record(epoch, now, now - startedMs, ok);
  };
  const running = work();
  running.then(
    () => record(true),
    () => record(false),
  );
  return running;
}
