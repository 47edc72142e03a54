// One caller waiting in a lane: it gets exactly one outcome, at its own deadline at the latest, whatever happens to the batch.
import { ClientError } from '../model/errors.ts';
import type { Core } from '../call/core.ts';
import { Alarm } from '../time/wheel.ts';

export type EntryState = 'waiting' | 'in-flight' | 'ended';

export interface EntryOwner {
  /** The entry ended by its deadline or was cancelled by its caller, not by an answer. */
  onLeft(entry: Entry<never>): void;
}

export interface EntryAbout {
  readonly operation: string;
  readonly isWrite: boolean;
  readonly laneKey: string;
  readonly bytes: number;
  readonly deadlineAt: number;
  readonly signal: AbortSignal | undefined;
}

export class Entry<R> extends Alarm {
  /** The lane it belongs to when lanes are divided: its index and shard. */
  readonly laneKey: string;
  readonly deadlineAt: number;
  readonly bytes: number;
  readonly startedMs: number;
  state: EntryState = 'waiting';
  /** Requests that carried it. */
  attempts = 0;
  /** Requests that carry it now. */
  copies = 0;
  /** How many of these are stalled. */
  stalledCopies = 0;
  /** An earlier request that carried it may have been applied. */
  maybeApplied = false;
  /** Notified when it ends early: the lane or the request that holds it. */
  owner: EntryOwner | null = null;
  readonly #core: Core;
  readonly operation: string;
  readonly #isWrite: boolean;
  readonly signal: AbortSignal | undefined;
  readonly #onAbort: (() => void) | null = null;
  readonly #resolve: (result: R) => void;
  readonly #reject: (error: ClientError) => void;

  constructor(core: Core, about: EntryAbout, resolve: (result: R) => void, reject: (error: ClientError) => void) {
    super();
    this.#core = core;
    this.operation = about.operation;
    this.#isWrite = about.isWrite;
    this.laneKey = about.laneKey;
    this.bytes = about.bytes;
    this.deadlineAt = about.deadlineAt;
    this.startedMs = core.time.now();
    this.signal = about.signal;
    this.#resolve = resolve;
    this.#reject = reject;
    core.wheel.set(this, about.deadlineAt);
    if (this.signal) {
      this.#onAbort = () => this.cancel();
      this.signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  get ended(): boolean {
    return this.state === 'ended';
  }

  /** Nothing but stalled requests carries it. */
  get isStuck(): boolean {
    return this.copies > 0 && this.copies === this.stalledCopies && !this.ended;
  }

  /** Ends it on its caller's wish: what was not sent is never sent. */
  cancel(): void {
    this.#leave('cancelled', 'was cancelled by its caller');
  }

  done(result: R): void {
    if (this.ended) return;
    this.#end();
    this.#core.counters.succeeded++;
    this.#resolve(result);
  }

  /** Ends it with `error`, unless another request still carries it, which will end it. */
  fail(error: ClientError): void {
    if (!this.ended && this.copies === 0) this.#fail(error);
  }

  #fail(error: ClientError): void {
    this.#end();
    this.#core.counters.failed++;
    if (error.outcome === 'unknown') this.#core.counters.unknownOutcomes++;
    this.#reject(error);
  }

  override onAlarm(): void {
    if (this.#core.ended) {
      // What is under way is ended by its request, which knows whether it was sent.
      if (this.state === 'waiting') this.#leave('closed', 'ended because the client was closed');
      return;
    }
    this.#core.counters.deadlineExceeded++;
    this.#leave('deadline-exceeded', 'did not end before its deadline');
  }

  #leave(code: 'cancelled' | 'closed' | 'deadline-exceeded', what: string): void {
    if (this.ended) return;
    if (code === 'cancelled') this.#core.counters.cancelled++;
    const unknown = this.#isWrite && (this.maybeApplied || this.state === 'in-flight');
    const ms = Math.round(this.#core.time.now() - this.startedMs);
    const where =
      this.state === 'in-flight' ? 'the request that carried it was not answered' : 'it was waiting to be sent';
    const message = `${this.operation} ${what} (after ${ms} ms; ${where}).`;
    const cause: unknown = code === 'cancelled' ? this.signal?.reason : undefined;
    const { owner } = this;
    this.#fail(new ClientError(code, message, { outcome: unknown ? 'unknown' : 'none', cause }));
    owner?.onLeft(this);
  }

  #end(): void {
    this.state = 'ended';
    this.#core.wheel.clear(this);
    if (this.#onAbort) this.signal?.removeEventListener('abort', this.#onAbort);
  }
}
