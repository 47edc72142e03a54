// One operation from start to end: admission, attempts, hedge, retries, deadline. A small state machine with one alarm;
// it ends exactly once, and nothing is sent after it ended.
import type { ClientError } from '../errors.ts';
import {
  breakingEnding,
  cancelledEnding,
  circuitEnding,
  closedEnding,
  expiredEnding,
  Failures,
  faultEnding,
  shedEnding,
  toError,
  unavailableEnding,
  type Ending,
} from './endings.ts';
import type { Node } from '../nodes/node.ts';
import { WireFault, type WireAnswer } from '../nodes/wire.ts';
import { parseRetryAfterMs } from '../policy/backoff.ts';
import { readEngineError, readFailure, readStatus, type Reading } from '../policy/classify.ts';
import { Alarm } from '../time/wheel.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { CallAnswer, CallSpec, Core } from './core.ts';
import type { Admissible, Gate } from './gate.ts';
import type { Parked } from './outage.ts';
import { giveUpAtMs, hedgeAtMs, retryWaitMs, steered } from './timing.ts';

/** While every node is down they are probed about twice in this time. */
const allDownRetryMs = 1000;

/** A read this old when a node is lost may be waiting for a copy there. */
const mayHangMs = 100;

type Wake = 'none' | 'retry' | 'hedge' | 'give-up' | 'node-lost';

/** What the caller of a call gets: exactly one of the two. */
export interface CallSink {
  onDone(answer: CallAnswer): void;
  onError(error: ClientError): void;
}

export class Call extends Alarm implements AttemptOwner, Admissible, Parked {
  ended = false;
  readonly #core: Core;
  readonly #spec: CallSpec;
  readonly #sink: CallSink;
  readonly #gate: Gate | null;
  #admitted = false;
  #startedMs = 0;
  #main: Attempt | null = null;
  #hedge: Attempt | null = null;
  #made = 0;
  #retries = 0;
  #failures: Failures | null = null;
  #lastNode: Node | undefined = undefined;
  #mustPay = false;
  #hasPaid = false;
  #maybeApplied = false;
  #wake: Wake = 'none';
  #wakeAt = Infinity;
  #onAbort: (() => void) | null = null;

  constructor(core: Core, spec: CallSpec, sink: CallSink) {
    super();
    this.#core = core;
    this.#spec = spec;
    this.#sink = sink;
    this.#gate = spec.gated ? (spec.safety === 'read' ? core.reads : core.writes) : null;
  }

  start(): void {
    const core = this.#core;
    const now = core.time.now();
    this.#startedMs = now;
    if (core.closed) return this.#fail(closedEnding());
    if (this.#spec.signal?.aborted) return this.cancel();
    if (now >= this.#spec.deadlineAt) return this.#expire();
    if (core.outage.open || !core.breaker.allow(now)) return this.#failFast();
    if (this.#spec.signal) {
      this.#onAbort = () => this.cancel();
      this.#spec.signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    const entry = this.#gate === null ? 'in' : this.#gate.enter(this);
    if (entry === 'full') return this.#shed();
    if (entry === 'queued') this.#setAlarm('none', Infinity);
    else this.#begin(now);
  }

  onAdmitted(): void {
    this.#begin(this.#core.time.now());
  }

  /** Ends the call on the caller's wish. */
  cancel(): void {
    this.#fail(cancelledEnding(this.#spec.operation, this.#spec.signal?.reason));
  }

  onNodeBack(): void {
    // Spread what waited, or the first node back gets it all in one instant.
    if (!this.ended) this.#setAlarm('retry', this.#core.time.now() + this.#core.time.random() * 25);
  }

  onOutage(): void {
    this.#failFast();
  }

  override ring(): void {
    if (this.#core.ended) return this.#fail(closedEnding());
    const now = this.#core.time.now();
    if (now >= this.#spec.deadlineAt) return this.#expire();
    const wake = this.#wake;
    if (now < this.#wakeAt) return this.#setAlarm(wake, this.#wakeAt);
    if (wake === 'retry') return this.#retry(now);
    if (wake === 'hedge') return this.#startHedge(now);
    if (wake === 'give-up') return this.#giveUp(now);
    if (wake === 'node-lost' && this.#main) return this.#goAround(this.#main, now);
    this.#setAlarm('none', Infinity);
  }

  onAnswer(attempt: Attempt, answer: WireAnswer, now: number): void {
    this.#forget(attempt);
    const spec = this.#spec;
    const core = this.#core;
    const reading = readStatus(
      answer.status,
      spec.safety,
      core.options.retryStatuses,
      () => readEngineError(answer.body)?.type,
    );
    core.nodes.judge(attempt.node, !reading.blamesNode, now);
    if (reading.verdict === 'done' || (reading.verdict === 'refused' && answer.status < 500)) {
      spec.hedgeAfter?.record(now - attempt.startedMs);
      if (reading.maybeApplied) this.#maybeApplied = true;
      return this.#finish(attempt, answer, now);
    }
    const failures = this.#note(attempt, `status ${answer.status}`, now, answer.status);
    failures.lastAnswer = answer;
    this.#afterFailure(attempt, reading, parseRetryAfterMs(answer.headers['retry-after'], core.time.wall()));
  }

  onFailure(attempt: Attempt, error: Error): void {
    this.#forget(attempt);
    const code = (error as { code?: unknown }).code;
    const failures = this.#note(attempt, typeof code === 'string' ? code : error.message, this.#core.time.now());
    failures.lastError = error;
    if (attempt.sent) failures.broke(attempt);
    if (error instanceof WireFault) {
      if (attempt.sent) this.#maybeApplied = true;
      return this.#fail(faultEnding(this.#spec.operation, error));
    }
    this.#afterFailure(attempt, readFailure(attempt.sent, this.#spec.safety), undefined);
  }

  onEvicted(attempt: Attempt): void {
    // A write that must not be repeated may still be answered when its node recovers: it waits for its deadline.
    if (attempt.sent && this.#spec.safety === 'once') return;
    this.#abandon(attempt, 'its node was given up');
  }

  onNodeLost(attempt: Attempt): void {
    const { steerable, steersItself } = this.#spec;
    if ((steerable !== true && steersItself !== true) || attempt === this.#hedge) return;
    const now = this.#core.time.now();
    if (now - attempt.startedMs >= mayHangMs) return this.#goAround(attempt, now);
    // Too young to tell; a hedge that is still to come will be steered by itself.
    if (this.#wake === 'give-up') this.#setAlarm('node-lost', attempt.startedMs + mayHangMs);
  }

  /**
   * A read that may hang on a copy at a lost node is sent again, steered. Of a read with two attempts the hedge is the younger
   * one: it keeps its chance, the first makes room.
   */
  #goAround(attempt: Attempt, now: number): void {
    const core = this.#core;
    if (core.nodes.steering === '' || !core.retryBudget.withdraw(now))
      return this.#setAlarm('give-up', giveUpAtMs(core, this.#spec, now));
    if (this.#hedge) {
      attempt.cancel();
      this.#note(attempt, 'another node was given up', now);
      this.#main = this.#hedge;
    }
    core.counters.retries++;
    this.#send(true, now);
  }

  /** Ends an attempt that is still under way and goes on as after a broken exchange. */
  #abandon(attempt: Attempt, reason: string): void {
    attempt.cancel();
    this.#forget(attempt);
    this.#note(attempt, reason, this.#core.time.now());
    this.#afterFailure(attempt, readFailure(attempt.sent, this.#spec.safety), undefined);
  }

  #begin(now: number): void {
    this.#admitted = true;
    if (this.#core.ended) return this.#fail(closedEnding());
    this.#core.retryBudget.deposit();
    if (this.#spec.hedgeAfter) this.#core.hedgeBudget.deposit();
    this.#send(false, now);
  }

  #send(hedge: boolean, now: number): void {
    const core = this.#core;
    if (now >= this.#spec.deadlineAt) return this.#expire();
    const node = core.nodes.pick(this.#lastNode);
    if (!node) {
      core.outage.park(this);
      return this.#setAlarm('none', Infinity);
    }
    const request = this.#spec.reload ? this.#spec.reload() : this.#spec.request;
    if (request === null) return this.cancel();
    const attempt = new Attempt(core, this, node, request, now, hedge);
    if (hedge) this.#hedge = attempt;
    else this.#main = attempt;
    this.#lastNode = node;
    this.#made++;
    const hedgeAt = hedge || this.#made > 1 ? Infinity : hedgeAtMs(core, this.#spec, now);
    if (hedgeAt < Infinity) this.#setAlarm('hedge', hedgeAt);
    else this.#setAlarm('give-up', giveUpAtMs(this.#core, this.#spec, now));
    attempt.start(steered(core, this.#spec, request, hedge));
  }

  #startHedge(now: number): void {
    const core = this.#core;
    this.#setAlarm('give-up', giveUpAtMs(this.#core, this.#spec, now));
    if (!this.#main || core.nodes.usableCount < 2 || !core.hedgeBudget.withdraw(now)) return;
    if (!core.retryBudget.withdraw(now)) return core.hedgeBudget.refund();
    core.counters.hedges++;
    const main = this.#main;
    this.#send(true, now);
    const node = this.#lastNode?.url ?? '';
    if (core.events.wants('hedge'))
      core.events.emit('hedge', { operation: this.#spec.operation, node, afterMs: now - main.startedMs });
  }

  /** A slow attempt makes room for another one only when the budget allows that: otherwise it is better to wait than to pile on. */
  #giveUp(now: number): void {
    const slow = this.#main ?? this.#hedge;
    if (!slow || !this.#core.retryBudget.withdraw(now))
      return this.#setAlarm('give-up', giveUpAtMs(this.#core, this.#spec, now));
    this.#hasPaid = true;
    // The other attempt has its own time, counted from its own start.
    const other = slow === this.#main ? this.#hedge : null;
    this.#setAlarm('give-up', giveUpAtMs(this.#core, this.#spec, other?.startedMs ?? now));
    this.#abandon(slow, 'no answer in the time of one attempt');
  }

  #afterFailure(attempt: Attempt, reading: Reading, retryAfterMs: number | undefined): void {
    if (this.ended) return;
    if (reading.maybeApplied) this.#maybeApplied = true;
    if (this.#core.ended) return this.#fail(closedEnding());
    if (this.#main || this.#hedge) return;
    if (this.#failures && this.#failures.suspiciousNodes > 0 && reading.verdict === 'retry')
      return this.#fail(breakingEnding(this.#spec.operation, attempt.request, this.#failures));
    const core = this.#core;
    const now = core.time.now();
    if (reading.verdict === 'refused') return this.#failUnavailable('it must not be repeated');
    if (this.#made >= core.options.maxAttempts) return this.#failUnavailable('all attempts are used');
    // Nothing was sent or the node is gone: the others are innocent, so there is nothing to wait for.
    const nodesFault = !this.#failures?.lastAnswer || !reading.blamesNode;
    const elsewhere = nodesFault && attempt.node.state !== 'up' && core.nodes.usableCount > 0;
    const waitMs = retryWaitMs(core, elsewhere, this.#retries, retryAfterMs);
    this.#retries++;
    this.#mustPay = attempt.sent && !this.#hasPaid;
    this.#hasPaid = false;
    if (now + waitMs >= this.#spec.deadlineAt)
      return this.#failUnavailable('the next attempt would start after the deadline', retryAfterMs);
    if (waitMs === 0) this.#retry(now);
    else this.#setAlarm('retry', now + waitMs);
  }

  #retry(now: number): void {
    const core = this.#core;
    if (this.#mustPay && !core.retryBudget.withdraw(now)) {
      core.counters.budgetWaits++;
      return this.#setAlarm('retry', now + 20 + core.time.random() * 80);
    }
    this.#mustPay = false;
    core.counters.retries++;
    if (core.events.wants('retry')) {
      const last = this.#failures?.last;
      const event = {
        operation: this.#spec.operation,
        attempt: this.#made + 1,
        node: last?.node ?? '',
        reason: last?.reason ?? '',
      };
      core.events.emit('retry', event);
    }
    this.#send(false, now);
  }

  #forget(attempt: Attempt): void {
    if (this.#main === attempt) this.#main = null;
    else if (this.#hedge === attempt) this.#hedge = null;
  }

  #note(attempt: Attempt, reason: string, nowMs: number, status?: number): Failures {
    this.#failures ??= new Failures();
    this.#failures.note(attempt, reason, nowMs, status);
    return this.#failures;
  }

  #setAlarm(wake: Wake, at: number): void {
    this.#wake = wake;
    this.#wakeAt = at;
    const next = at < this.#spec.deadlineAt ? at : this.#spec.deadlineAt;
    this.#core.wheel.set(this, next);
  }

  #finish(attempt: Attempt, answer: WireAnswer, now: number): void {
    const core = this.#core;
    if (attempt.hedge) core.counters.hedgesWon++;
    if (this.#spec.gated) core.counters.succeeded++;
    core.breaker.success(now);
    this.#end();
    if (this.#gate) {
      this.#gate.limiter.leave(now - attempt.startedMs);
      this.#gate.drain();
    }
    this.#sink.onDone({
      status: answer.status,
      headers: answer.headers,
      body: answer.body,
      node: attempt.node.url,
      request: attempt.request,
      attempts: this.#made,
      maybeApplied: this.#maybeApplied,
    });
  }

  #expire(): void {
    const afterMs = this.#core.time.now() - this.#startedMs;
    this.#fail(expiredEnding(this.#spec.operation, afterMs, this.#made));
  }

  #failFast(): void {
    const { counters, outage, breaker, events, time } = this.#core;
    counters.circuitOpen++;
    if (events.wants('shed')) events.emit('shed', { operation: this.#spec.operation, code: 'circuit-open' });
    const retryAfterMs = outage.open ? allDownRetryMs : Math.max(1, breaker.retryAfterMs(time.now()));
    this.#fail(circuitEnding(this.#spec.operation, outage.open, retryAfterMs));
  }

  #shed(): void {
    const { counters, events } = this.#core;
    counters.shed++;
    if (events.wants('shed')) events.emit('shed', { operation: this.#spec.operation, code: 'overloaded' });
    this.#fail(shedEnding(this.#spec.operation));
  }

  #failUnavailable(why: string, retryAfterMs?: number): void {
    const failures = this.#failures ?? new Failures();
    const status = failures.lastAnswer?.status;
    if (status === undefined || status >= 500) this.#core.breaker.failure(this.#core.time.now());
    this.#fail(unavailableEnding(this.#spec.operation, this.#made, why, failures, retryAfterMs));
  }

  #fail(ending: Ending): void {
    if (this.ended) return;
    const { counters, breaker } = this.#core;
    const sent = this.#maybeApplied || (this.#main?.sent ?? false) || (this.#hedge?.sent ?? false);
    const outcome = this.#spec.safety !== 'read' && sent ? 'unknown' : 'none';
    if (this.#spec.gated) {
      if (ending.code === 'cancelled') counters.cancelled++;
      if (ending.code === 'deadline-exceeded') counters.deadlineExceeded++;
      if (outcome === 'unknown') counters.unknownOutcomes++;
      counters.failed++;
    }
    breaker.abandon();
    this.#end();
    if (this.#gate && this.#admitted) {
      if (this.#failures?.lastAnswer?.status === 429) this.#gate.limiter.leaveDropped();
      else this.#gate.limiter.leaveUnknown();
      this.#gate.drain();
    }
    this.#sink.onError(toError(ending, outcome, this.#failures));
  }

  #end(): void {
    this.ended = true;
    this.#core.wheel.clear(this);
    this.#core.outage.unpark(this);
    this.#main?.cancel();
    this.#hedge?.cancel();
    this.#main = null;
    this.#hedge = null;
    if (this.#onAbort) this.#spec.signal?.removeEventListener('abort', this.#onAbort);
    this.#onAbort = null;
  }
}
