// The policy stacks under comparison, each as a function that carries out one call against the same stub.
import {
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import CircuitBreaker from 'opossum';
import { assemble } from '../../packages/client/src/api/assemble.ts';
import { Executor as Host } from '../../packages/client/src/api/executor.ts';
import { toSettings } from '../../packages/client/src/api/options.ts';
import { RecentQuantile } from '../../packages/client/src/policy/quantile.ts';
import type { Exchange, Wire, WireAnswer, WireRequest, WireSink } from '../../packages/client/src/nodes/wire.ts';

export interface Stack {
  readonly name: string;
  /** Whether a deadline is kept, which takes a timer. */
  readonly timer: boolean;
  readonly call: () => Promise<unknown>;
  readonly close?: () => Promise<void>;
}

const request: WireRequest = { method: 'GET', path: '/a/_doc/1', body: null, contentType: 'application/json' };
const answer: WireAnswer = { status: 200, headers: {}, body: Buffer.from('{}') };
const exchange: Exchange = { cancel: () => undefined };

/** Answers in the next microtask, so that what is measured is the policies. */
class StubWire implements Wire {
  send(_request: WireRequest, sink: WireSink): Exchange {
    sink.onSent();
    queueMicrotask(() => sink.onAnswer(answer));
    return exchange;
  }
  probe(): Exchange {
    return exchange;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

class BareSink implements WireSink {
  readonly onAnswer: (answer: WireAnswer) => void;
  constructor(resolve: (answer: WireAnswer) => void) {
    this.onAnswer = resolve;
  }
  onSent(): void {
    // It keeps no state.
  }
  onFailure(): void {
    // The stub never fails.
  }
}

const stub = new StubWire();
const bare = (): Promise<WireAnswer> => new Promise((resolve) => void stub.send(request, new BareSink(resolve)));

function understudy(name: string, deadlineMs: number, hedged: boolean): Stack {
  const nodes = ['http://n1:9200', 'http://n2:9200', 'http://n3:9200'];
  const settings = toSettings({ nodes, deadlineMs });
  const assembly = assemble(settings, () => new StubWire());
  const { core } = assembly;
  const host = new Host(core, settings, undefined);
  const latency = hedged ? new RecentQuantile(0.95) : undefined;
  const call = (): Promise<unknown> =>
    host.call({
      operation: 'get',
      request,
      safety: 'read',
      deadlineAt: host.deadlineAt({}),
      gated: true,
      hedgeAfter: latency,
    });
  return { name, timer: deadlineMs < Infinity, call, close: () => assembly.close() };
}

function cockatiel(name: string, withTimeout: boolean): Stack {
  const policies = [
    retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() }),
    circuitBreaker(handleAll, { halfOpenAfter: 1000, breaker: new ConsecutiveBreaker(5) }),
  ] as const;
  const policy = withTimeout ? wrap(...policies, timeout(30_000, TimeoutStrategy.Cooperative)) : wrap(...policies);
  return { name, timer: withTimeout, call: () => policy.execute(bare) };
}

function opossum(name: string, timeoutMs: number | false): Stack {
  const breaker = new CircuitBreaker(bare, { timeout: timeoutMs, errorThresholdPercentage: 50, resetTimeout: 1000 });
  const close = (): Promise<void> => Promise.resolve(breaker.shutdown());
  return { name, timer: timeoutMs !== false, call: () => breaker.fire(), close };
}

/** Every stack; the first is the stub alone. */
export function stacks(): readonly Stack[] {
  return [
    { name: 'stub alone', timer: false, call: bare },
    understudy('understudy: nodes, breaker, budget, admission', Infinity, false),
    understudy('understudy: the same, with deadline', 30_000, false),
    understudy('understudy: the same, with deadline and hedge', 30_000, true),
    cockatiel('cockatiel: retry, breaker', false),
    cockatiel('cockatiel: retry, breaker, timeout', true),
    opossum('opossum: breaker', false),
    opossum('opossum: breaker, timeout', 30_000),
  ];
}
