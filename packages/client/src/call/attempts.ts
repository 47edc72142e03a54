// The attempts of one call that are under way, two at most: sends them, hedges a slow read, gives up what is too slow, reads how
// each ended. It has no alarm of its own: its call has it.
import type { Node } from '../nodes/node.ts';
import { WireFault, type WireAnswer } from '../nodes/wire.ts';
import { parseRetryAfterMs } from '../policy/backoff.ts';
import { readEngineError, readFailure, readStatus, type Reading } from '../policy/classify.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { AttemptsOwner, Wake } from './attempts-owner.ts';
import type { CallSpec, Core } from './core.ts';
import { closedEnding, faultEnding, type Failures } from './endings.ts';
import { Retries, type RetrySender } from './retries.ts';
import { giveUpAtMs, hedgeAtMs, withPreference } from './timing.ts';

/** A read this old when a node is lost may be waiting for a copy there. */
const mayHangMs = 100;

export class Attempts implements AttemptOwner, RetrySender {
  /** Attempts made. */
  made = 0;
  /** Any attempt that failed may have been applied. */
  maybeApplied = false;
  readonly #core: Core;
  readonly #spec: CallSpec;
  readonly #owner: AttemptsOwner;
  #main: Attempt | null = null;
  #hedge: Attempt | null = null;
  #lastNode: Node | undefined = undefined;
  #retries: Retries | null = null;

  constructor(core: Core, spec: CallSpec, owner: AttemptsOwner) {
    this.#core = core;
    this.#spec = spec;
    this.#owner = owner;
  }

  /** The engine may have seen the request, in an attempt that is under way or may have been applied. */
  get maySeeRequest(): boolean {
    return this.maybeApplied || (this.#main?.sent ?? false) || (this.#hedge?.sent ?? false);
  }

  /** What went wrong so far; null when nothing did. */
  get failures(): Failures | null {
    return this.#retries?.failures ?? null;
  }

  /** Makes the first attempt. */
  start(now: number): void {
    this.#core.retryBudget.deposit();
    if (this.#spec.hedgeAfter) this.#core.hedgeBudget.deposit();
    this.#send(false, now);
  }

  /** Does what the alarm was set for; false when there is nothing to do. */
  onWake(wake: Wake, now: number): boolean {
    if (wake === 'retry') this.#madeRetries().retry(now);
    else if (wake === 'hedge') this.#startHedge(now);
    else if (wake === 'give-up') this.#giveUp(now);
    else if (wake === 'node-lost' && this.#main) this.#sendBeside(this.#main, now);
    else return false;
    return true;
  }

  /** Adds what is under way to the failures: the call ends without its answer. */
  noteUnderWay(now: number): void {
    for (const attempt of [this.#main, this.#hedge])
      if (attempt) this.#note(attempt, 'no answer before the call ended', now);
  }

  /** Ends what is under way. */
  cancel(): void {
    this.#main?.cancel();
    this.#hedge?.cancel();
    this.#main = null;
    this.#hedge = null;
  }

  onAnswer(attempt: Attempt, answer: WireAnswer, now: number): void {
    this.#forget(attempt);
    const { safety, hedgeAfter } = this.#spec;
    const core = this.#core;
    const reading = readStatus(
      answer.status,
      safety,
      core.options.retryStatuses,
      () => readEngineError(answer.body)?.type,
    );
    core.nodes.judge(attempt.node, !reading.blamesNode, now);
    if (reading.verdict === 'done' || (reading.verdict === 'refused' && answer.status < 500)) {
      hedgeAfter?.record(now - attempt.startedMs);
      if (reading.maybeApplied) this.maybeApplied = true;
      return this.#owner.finish(attempt, answer, now);
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
      if (attempt.sent) this.maybeApplied = true;
      return this.#owner.fail(faultEnding(this.#spec.operation, error));
    }
    this.#afterFailure(attempt, readFailure(attempt.sent, this.#spec.safety), undefined);
  }

  onEvicted(attempt: Attempt): void {
    // A write that must not be repeated may still be answered when its node recovers: it waits for its deadline.
    if (attempt.sent && this.#spec.safety === 'once') return;
    this.#abandon(attempt, `its node was marked down (${attempt.node.trouble ?? 'the client is closed'})`);
  }

  onNodeLost(attempt: Attempt): void {
    const { takesPreference, setsPreference } = this.#spec;
    if ((takesPreference !== true && setsPreference !== true) || attempt === this.#hedge) return;
    const now = this.#core.time.now();
    if (now - attempt.startedMs >= mayHangMs) return this.#sendBeside(attempt, now);
    // It has not run long enough to tell; a hedge that is sent later gets the preference by itself.
    if (this.#owner.wake === 'give-up') this.#owner.setAlarm('node-lost', attempt.startedMs + mayHangMs);
  }

  /**
   * A read that may wait for a copy at a lost node is sent again with a preference that avoids it. Of a read with two attempts the hedge is the later
   * one: it goes on, and the first is ended.
   */
  #sendBeside(attempt: Attempt, now: number): void {
    const core = this.#core;
    if (core.nodes.readPreference === '' || !core.retryBudget.withdraw(now)) return this.#giveUpAfter(now);
    if (this.#hedge) {
      attempt.cancel();
      this.#note(attempt, 'another node was marked down', now);
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

  #send(hedge: boolean, now: number): void {
    const core = this.#core;
    const spec = this.#spec;
    if (now >= spec.deadlineAt) return this.#owner.expire();
    const node = core.nodes.pick(this.#lastNode, this.made === 0 ? spec.preferNode : undefined);
    if (!node) return this.#owner.waitForNode();
    const request = spec.renewRequest ? spec.renewRequest() : spec.request;
    if (request === null) return this.#owner.cancel();
    const attempt = new Attempt(core, this, node, request, now, hedge);
    if (hedge) this.#hedge = attempt;
    else this.#main = attempt;
    this.#lastNode = node;
    this.made++;
    const hedgeAt = hedge || this.made > 1 ? Infinity : hedgeAtMs(core, spec, now);
    if (hedgeAt < Infinity) this.#owner.setAlarm('hedge', hedgeAt);
    else this.#giveUpAfter(now);
    attempt.start(withPreference(core, spec, request, hedge));
  }

  #startHedge(now: number): void {
    const core = this.#core;
    this.#giveUpAfter(now);
    if (!this.#main || core.nodes.usableCount < 2 || !core.hedgeBudget.withdraw(now)) return;
    if (!core.retryBudget.withdraw(now)) return core.hedgeBudget.refund();
    core.counters.hedges++;
    const main = this.#main;
    this.#send(true, now);
    const node = this.#lastNode?.url ?? '';
    if (core.events.wants('hedge'))
      core.events.emit('hedge', { operation: this.#spec.operation, node, afterMs: now - main.startedMs });
  }

  /** Sets the alarm for an attempt that started at `startedMs` and takes too long. */
  #giveUpAfter(startedMs: number): void {
    this.#owner.setAlarm('give-up', giveUpAtMs(this.#core, this.#spec, startedMs));
  }

  /** A slow attempt is replaced by another one only when the budget allows that: otherwise waiting adds less load. */
  #giveUp(now: number): void {
    const slow = this.#main ?? this.#hedge;
    if (!slow || !this.#madeRetries().payInAdvance(now)) return this.#giveUpAfter(now);
    // The other attempt has its own time, counted from its own start.
    const other = slow === this.#main ? this.#hedge : null;
    this.#giveUpAfter(other?.startedMs ?? now);
    this.#abandon(slow, 'no answer within the time limit of one attempt');
  }

  sendAgain(now: number): void {
    this.#send(false, now);
  }

  #afterFailure(attempt: Attempt, reading: Reading, retryAfterMs: number | undefined): void {
    if (this.#owner.ended) return;
    if (reading.maybeApplied) this.maybeApplied = true;
    if (this.#core.ended) return this.#owner.fail(closedEnding());
    if (!this.#main && !this.#hedge) this.#madeRetries().afterFailure(attempt, reading, retryAfterMs);
  }

  #madeRetries(): Retries {
    return (this.#retries ??= new Retries(this.#core, this.#spec, this.#owner, this));
  }

  #forget(attempt: Attempt): void {
    if (this.#main === attempt) this.#main = null;
    else if (this.#hedge === attempt) this.#hedge = null;
  }

  #note(attempt: Attempt, reason: string, nowMs: number, status?: number): Failures {
    const { failures } = this.#madeRetries();
    failures.note(attempt, reason, nowMs, status);
    return failures;
  }
}
