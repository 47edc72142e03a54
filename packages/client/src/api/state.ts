// The state of a running client as numbers, and the wait for its end. Changes nothing but `closed`.
import type { Core } from '../call/core.ts';
import type { MetricsSnapshot } from '../observe/metrics.ts';

export function snapshotOf(core: Core, lanes: MetricsSnapshot['lanes']): MetricsSnapshot {
  const gate = ({ limiter, queued }: Core['reads']) => ({ inFlight: limiter.inFlight, queued, limit: limiter.limit });
  return {
    counters: core.counters.snapshot(),
    nodes: core.nodes.all.map(({ url, state, inFlight, ewmaMs, trouble }) => ({
      url,
      state,
      inFlight: inFlight.size,
      latencyMs: ewmaMs,
      ...(trouble === undefined ? {} : { trouble }),
    })),
    breaker: core.outage.open ? 'open' : core.breaker.state,
    retryBudget: core.retryBudget.tokens(core.time.now()),
    reads: gate(core.reads),
    writes: gate(core.writes),
    lanes,
  };
}

/** Takes nothing new and waits for what is under way, at most `drainMs`. */
export async function drained(core: Core, drainMs = 5000): Promise<void> {
  core.closed = true;
  const until = core.time.now() + drainMs;
  const busy = (): boolean => core.nodes.all.some((node) => node.inFlight.size > 0) || core.wheel.size > 0;
  while (busy() && core.time.now() < until) await new Promise<void>((resolve) => void core.time.after(10, resolve));
}
