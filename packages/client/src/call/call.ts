// One operation from start to end: admission, attempts, deadline. A small state machine with one alarm; it ends exactly once,
// and nothing is sent after it ended.
import type { ClientError } from '../model/errors.ts';
import type { WireAnswer } from '../nodes/wire.ts';
import { Alarm } from '../time/wheel.ts';
import type { Attempt } from './attempt.ts';
import type { AttemptsOwner, Wake } from './attempts-owner.ts';
import { Attempts } from './attempts.ts';
import type { CallAnswer, CallSpec, Core } from './core.ts';
import {
  cancelledEnding,
  circuitEnding,
  closedEnding,
  expiredEnding,
  shedEnding,
  toError,
  type Ending,
} from './endings.ts';
import type { Admissible, Gate } from './gate.ts';
import type { WaitingCall } from './outage.ts';

/** While every node is down they are probed about twice in this time. */
const allDownRetryMs = 1000;

/** What the caller of a call gets: exactly one of the two. */
export interface CallSink {
  onDone(answer: CallAnswer): void;
  /** `lastAnswer`: what the engine answered to the last attempt, when that is why the call failed. */
  onError(error: ClientError, lastAnswer: WireAnswer | null): void;
}

export class Call extends Alarm implements AttemptsOwner, Admissible, WaitingCall {
  ended = false;
  wake: Wake = 'none';
  readonly #core: Core;
  readonly #spec: CallSpec;
  readonly #sink: CallSink;
  readonly #gate: Gate | null;
  readonly #attempts: Attempts;
  #admitted = false;
  #startedMs = 0;
  #wakeAt = Infinity;
  #onAbort: (() => void) | null = null;

  constructor(core: Core, spec: CallSpec, sink: CallSink) {
    super();
    this.#core = core;
    this.#spec = spec;
    this.#sink = sink;
    this.#gate = spec.gated ? (spec.safety === 'read' ? core.reads : core.writes) : null;
    this.#attempts = new Attempts(core, spec, this);
  }

  start(): void {
    const core = this.#core;
    const now = core.time.now();
    this.#startedMs = now;
    if (core.closed) return this.fail(closedEnding());
    if (this.#spec.signal?.aborted) return this.cancel();
    if (now >= this.#spec.deadlineAt) return this.expire();
    if (core.outage.open || !core.breaker.allow(now)) return this.#failFast();
    if (this.#spec.signal) {
      this.#onAbort = () => this.cancel();
      this.#spec.signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    const entry = this.#gate === null ? 'in' : this.#gate.enter(this);
    if (entry === 'full') return this.#shed();
    if (entry === 'queued') this.setAlarm('none', Infinity);
    else this.#begin(now);
  }

  onAdmitted(): void {
    this.#begin(this.#core.time.now());
  }

  /** Ends the call on the caller's wish. */
  cancel(): void {
    this.fail(cancelledEnding(this.#spec.operation, this.#spec.signal?.reason));
  }

  onNodeBack(): void {
    // Jitter, or the first node that is back gets all waiting calls in one instant.
    if (!this.ended) this.setAlarm('retry', this.#core.time.now() + this.#core.time.random() * 25);
  }

  onOutage(): void {
    this.#failFast();
  }

  override onAlarm(): void {
    if (this.#core.ended) return this.fail(closedEnding());
    const now = this.#core.time.now();
    if (now >= this.#spec.deadlineAt) return this.expire();
    if (now < this.#wakeAt) return this.setAlarm(this.wake, this.#wakeAt);
    if (!this.#attempts.onWake(this.wake, now)) this.setAlarm('none', Infinity);
  }

  setAlarm(wake: Wake, at: number): void {
    this.wake = wake;
    this.#wakeAt = at;
    const next = at < this.#spec.deadlineAt ? at : this.#spec.deadlineAt;
    this.#core.wheel.set(this, next);
  }

  waitForNode(): void {
    this.#core.outage.wait(this);
    this.setAlarm('none', Infinity);
  }

  finish(attempt: Attempt, answer: WireAnswer, now: number): void {
    const core = this.#core;
    if (attempt.hedge) core.counters.hedgesWon++;
    if (this.#spec.gated) core.counters.succeeded++;
    core.breaker.success(now);
    this.#end();
    this.#gate?.leave(now - attempt.startedMs);
    this.#sink.onDone({
      status: answer.status,
      headers: answer.headers,
      body: answer.body,
      ...(answer.rest === undefined ? {} : { rest: answer.rest }),
      node: attempt.node.url,
      request: attempt.request,
      attempts: this.#attempts.made,
      maybeApplied: this.#attempts.maybeApplied,
    });
  }

  expire(): void {
    const afterMs = this.#core.time.now() - this.#startedMs;
    this.fail(expiredEnding(this.#spec.operation, afterMs, this.#attempts.made));
  }

  fail(ending: Ending): void {
    if (this.ended) return;
    const { counters, breaker, time } = this.#core;
    if (ending.code === 'deadline-exceeded' || ending.code === 'cancelled') this.#attempts.noteUnderWay(time.now());
    const { failures, maySeeRequest } = this.#attempts;
    const outcome = this.#spec.safety !== 'read' && maySeeRequest ? 'unknown' : 'none';
    if (this.#spec.gated) {
      if (ending.code === 'cancelled') counters.cancelled++;
      if (ending.code === 'deadline-exceeded') counters.deadlineExceeded++;
      if (outcome === 'unknown') counters.unknownOutcomes++;
      counters.failed++;
    }
    breaker.abandon();
    this.#end();
    if (this.#admitted) this.#gate?.leaveFailed(failures?.lastAnswer?.status === 429);
    const isAnswered = ending.code === 'unavailable' && failures?.last?.status !== undefined;
    this.#sink.onError(toError(ending, outcome, failures), isAnswered ? failures.lastAnswer : null);
  }

  #begin(now: number): void {
    this.#admitted = true;
    if (this.#core.ended) this.fail(closedEnding());
    else this.#attempts.start(now);
  }

  #failFast(): void {
    const { counters, outage, breaker, nodes, time } = this.#core;
    counters.circuitOpen++;
    this.#emitShed('circuit-open');
    const retryAfterMs = outage.open ? allDownRetryMs : Math.max(1, breaker.retryAfterMs(time.now()));
    this.fail(circuitEnding(this.#spec.operation, outage.open ? nodes.all[0] : undefined, retryAfterMs));
  }

  #shed(): void {
    this.#core.counters.shed++;
    this.#emitShed('overloaded');
    this.fail(shedEnding(this.#spec.operation));
  }

  #emitShed(code: 'circuit-open' | 'overloaded'): void {
    const { events } = this.#core;
    if (events.wants('shed')) events.emit('shed', { operation: this.#spec.operation, code });
  }

  #end(): void {
    this.ended = true;
    this.#core.wheel.clear(this);
    this.#core.outage.stopWaiting(this);
    this.#attempts.cancel();
    if (this.#onAbort) this.#spec.signal?.removeEventListener('abort', this.#onAbort);
    this.#onAbort = null;
  }
}
