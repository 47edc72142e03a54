// One simulated run: many operations of many callers against a faulty cluster, and everything that must hold afterwards.
import assert from 'node:assert/strict';
import { createClient, isClientError, type Client, type ClientError, type ClientOptions } from '@understudy/client';
import { SimEngine, type Behaviour } from './sim-engine.ts';
import { seededRandom, SimTime } from './sim-time.ts';

export interface Plan {
  readonly seed: number;
  readonly operations: number;
  readonly nodes: number;
  /** Chance of each fault per request; the rest is answered. */
  readonly refuse: number;
  readonly reset: number;
  readonly hang: number;
  readonly status: number;
  /** Chance that a bulk item is rejected (429, 503) or refused (400). */
  readonly item: number;
  readonly deadlineMs: number;
  /** Chance that a caller cancels. */
  readonly cancel: number;
  readonly gather: boolean;
  /** Milliseconds between operations. */
  readonly everyMs: number;
}

export interface Tally {
  done: number;
  failed: number;
  unknown: number;
  cancelled: number;
}

interface Caller {
  readonly id: string;
  readonly kind: 'index' | 'create' | 'update' | 'get';
  readonly startedMs: number;
  settled: number;
  cancelledMs: number;
}

const tickMs = 5;

/** Runs the plan and asserts every property of the policies; returns what happened. */
export async function simulate(plan: Plan, more: Partial<ClientOptions> = {}): Promise<Tally> {
  const time = new SimTime(plan.seed);
  const random = seededRandom(plan.seed ^ 0x5bd1e995);
  const engine = new SimEngine(time);
  engine.behaviours = (_node, _request, isProbe) => behaviourOf(plan, random, isProbe);
  engine.itemStatuses = () => (random() < plan.item ? [429, 503, 400][Math.floor(random() * 3)] : undefined);
  const client = createClient({
    nodes: Array.from({ length: plan.nodes }, (_, i) => `http://n${i}:9200`),
    deadlineMs: plan.deadlineMs,
    gather: plan.gather ? { writes: 'on', gets: 'on' } : false,
    time,
    wire: engine.wires,
    ...more,
  });
  const tally: Tally = { done: 0, failed: 0, unknown: 0, cancelled: 0 };
  const sentAfterCancel = watchCancelled(engine, time);
  const startedMs = time.now();
  for (let n = 0; n < plan.operations; n++) {
    void operate(client, time, engine, plan, n, random, tally, sentAfterCancel.cancelled);
    if (random() < 0.7) await time.run(plan.everyMs);
    const { retryBudget } = client.metrics();
    assert.ok(retryBudget >= 0, `the budget is overdrawn: ${retryBudget}`);
  }
  await time.run(plan.deadlineMs + 4 * tickMs);
  assert.equal(tally.done + tally.failed, plan.operations, 'every caller has one outcome');
  const { counters } = client.metrics();
  const earned = 200 + 0.2 * counters.requests + ((time.now() - startedMs) / 1000) * 10;
  assert.ok(
    counters.requests <= counters.operations + earned * 2 + engine.requests,
    'requests are bounded by the budget',
  );
  assert.deepEqual(sentAfterCancel.found, [], 'cancelled work is not sent');
  const closing = client.close({ drainMs: 100 });
  await time.run(10_000);
  await closing;
  assert.equal(engine.openExchanges, 0, 'no exchange is left open');
  assert.equal(time.pending, 0, 'no timer is left');
  return tally;
}

function behaviourOf(plan: Plan, random: () => number, isProbe: boolean): Behaviour {
  const afterMs = 1 + random() * 20;
  let roll = random() * (isProbe ? 2 : 1);
  if ((roll -= plan.refuse) < 0) return { kind: 'refuse' };
  if ((roll -= plan.reset) < 0) return { kind: 'reset', applied: random() < 0.5, afterMs };
  if ((roll -= plan.hang) < 0) return { kind: 'hang', applied: random() < 0.5 };
  if ((roll -= plan.status) < 0)
    return { kind: 'status', status: [429, 500, 502, 503, 504][Math.floor(random() * 5)]!, afterMs };
  return { kind: 'answer', afterMs };
}

function watchCancelled(engine: SimEngine, time: SimTime): { cancelled: Map<string, number>; found: string[] } {
  const cancelled = new Map<string, number>();
  const found: string[] = [];
  const planned = engine.behaviours;
  engine.behaviours = (node, request, isProbe) => {
    const text = `${request.path} ${String(request.body)}`;
    for (const [id, at] of cancelled) if (time.now() >= at && text.includes(`${id}~`)) found.push(id);
    return planned(node, request, isProbe);
  };
  return { cancelled, found };
}

async function operate(
  client: Client,
  time: SimTime,
  engine: SimEngine,
  plan: Plan,
  n: number,
  random: () => number,
  tally: Tally,
  cancelled: Map<string, number>,
): Promise<void> {
  const kinds = ['index', 'create', 'update', 'get'] as const;
  const kind = kinds[Math.floor(random() * kinds.length)]!;
  const caller: Caller = { id: `d${n}`, kind, startedMs: time.now(), settled: 0, cancelledMs: Infinity };
  const abort = new AbortController();
  if (random() < plan.cancel) {
    time.after(random() * 60, () => {
      if (caller.settled > 0) return;
      caller.cancelledMs = time.now();
      abort.abort();
      // A request with this id that is sent from here on would be cancelled work.
      cancelled.set(caller.id, time.now());
    });
  }
  const id = `${caller.id}~`;
  const options = { signal: abort.signal };
  try {
    await carryOut(client, kind, id, n, options);
    caller.settled++;
    tally.done++;
    assertAcknowledged(engine, kind, id, n);
  } catch (error) {
    caller.settled++;
    tally.failed++;
    if (!isClientError(error)) throw error;
    assertFailure(engine, time, plan, caller, id, error);
    if (error.outcome === 'unknown') tally.unknown++;
    if (error.code === 'cancelled') tally.cancelled++;
  }
  assert.equal(caller.settled, 1);
  const tookMs = time.now() - caller.startedMs;
  assert.ok(
    tookMs <= plan.deadlineMs + tickMs,
    `${kind} ended after ${tookMs} ms with a deadline of ${plan.deadlineMs} ms`,
  );
}

async function carryOut(
  client: Client,
  kind: Caller['kind'],
  id: string,
  n: number,
  options: { signal: AbortSignal },
): Promise<unknown> {
  if (kind === 'index') return client.index({ index: 'a', id, document: { n } }, options);
  if (kind === 'create') return client.create({ index: 'a', id, document: { n } }, options);
  if (kind === 'update') return client.update({ index: 'a', id, doc: { n } }, options);
  return client.get({ index: 'a', id }, options);
}

function assertAcknowledged(engine: SimEngine, kind: Caller['kind'], id: string, n: number): void {
  if (kind === 'get') return;
  const stored = engine.store.get(id);
  assert.ok(stored, `${kind} of ${id} was acknowledged and is not there`);
  assert.deepEqual(stored.source, kind === 'update' ? { doc: { n } } : { n });
}

function assertFailure(
  engine: SimEngine,
  time: SimTime,
  plan: Plan,
  caller: Caller,
  id: string,
  error: ClientError,
): void {
  if (caller.kind === 'get') assert.equal(error.outcome, 'none');
  // The promise of `none`: whoever sends it again does not write twice.
  if (error.outcome === 'none')
    assert.equal(engine.store.has(id), false, `${caller.kind} ${id}: ${error.code} says none, and it is there`);
  if (error.code === 'deadline-exceeded')
    assert.ok(time.now() - caller.startedMs >= plan.deadlineMs - 0.001, 'not before its deadline');
}
