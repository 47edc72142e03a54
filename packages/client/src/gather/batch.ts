// Entries under way in one request. An entry may be in two at once, when it is rescued from a request that is stuck: the
// first good answer ends it, and a failure counts only when no other request carries it.
import { Call } from '../call/call.ts';
import type { CallAnswer } from '../call/core.ts';
import { ClientError } from '../errors.ts';
import type { WireRequest } from '../nodes/wire.ts';
import { isBlock, readEngineError } from '../policy/classify.ts';
import { Alarm } from '../time/wheel.ts';
import type { Entry, EntryOwner } from './entry.ts';
import type { Lane } from './lane.ts';

export class Batch<E extends Entry<never>> extends Alarm implements EntryOwner {
  readonly entries: readonly E[];
  /** Under way for suspiciously long. */
  stalled = false;
  readonly #lane: Lane<E>;
  #call: Call | null = null;
  #live: number;
  #startedMs = 0;
  /** Where reads were steered when the request was made last. */
  #steering = '';
  /** Which entries each request that was sent carries, in their order. */
  readonly #carried = new Map<WireRequest, readonly E[]>();

  constructor(lane: Lane<E>, entries: readonly E[]) {
    super();
    this.#lane = lane;
    this.entries = entries;
    this.#live = entries.length;
  }

  start(): void {
    const { core, freight, number, owner } = this.#lane;
    let deadlineAt = 0;
    let bytes = 0;
    for (const entry of this.entries) {
      entry.state = 'in-flight';
      entry.owner = this;
      if (entry.copies++ > 0) entry.maybeApplied = true;
      if (entry.deadlineAt > deadlineAt) deadlineAt = entry.deadlineAt;
      bytes += entry.bytes;
    }
    core.counters.batches++;
    core.counters.batchedOperations += this.entries.length;
    if (core.events.wants('batch')) {
      core.events.emit('batch', { kind: freight.kind, lane: number, count: this.entries.length, bytes });
    }
    this.#startedMs = core.time.now();
    core.wheel.set(this, this.#startedMs + owner.stallMs);
    const load = freight.load(this.entries, deadlineAt);
    this.#steering = core.nodes.steering;
    this.#carried.set(load.request, this.entries);
    const reload = (): WireRequest | null => this.#reload(deadlineAt);
    this.#call = new Call(core, { ...load, reload, deadlineAt, gated: false }, this);
    this.#call.start();
  }

  override ring(): void {
    this.stalled = true;
    for (const entry of this.entries) entry.stalledCopies++;
    this.#lane.owner.onStall();
  }

  /** Ends the request when other requests have answered all that it carries. */
  cancelIfDone(): void {
    if (this.entries.every((entry) => entry.ended)) this.#call?.cancel();
  }

  onLeft(): void {
    // Nobody waits for this request any more: what was not sent stays unsent.
    if (--this.#live === 0) this.#call?.cancel();
  }

  onDone(answer: CallAnswer): void {
    const { core, freight, owner } = this.#lane;
    core.wheel.clear(this);
    for (const entry of this.entries) {
      this.#release(entry);
      entry.attempts += answer.attempts;
      if (answer.maybeApplied) entry.maybeApplied = true;
    }
    if (answer.status >= 300) return this.#split(answer);
    const carried = this.#carried.get(answer.request) ?? this.entries;
    const again = freight.unload(carried, answer).filter((entry) => !entry.ended && entry.copies === 0);
    owner.onBatchDone(this.#lane, core.time.now() - this.#startedMs);
    this.#lane.onBatchEnd(this, again);
  }

  onError(error: ClientError): void {
    this.#lane.core.wheel.clear(this);
    for (const entry of this.entries) {
      this.#release(entry);
      entry.attempts += error.attempts.length;
      if (error.outcome === 'unknown') entry.maybeApplied = true;
      if (!entry.ended) this.#lane.freight.refuse(entry, error);
    }
    this.#lane.onBatchEnd(this, []);
  }

  #release(entry: E): void {
    entry.copies--;
    if (this.stalled) entry.stalledCopies--;
  }

  /**
   * The request for another attempt: without the entries that ended meanwhile, which nobody waits for, and made anew when
   * another node is sick now, because searches are steered in the body.
   */
  #reload(deadlineAt: number): WireRequest | null {
    const live = this.entries.filter((entry) => !entry.ended);
    if (live.length === 0) return null;
    const { core, freight } = this.#lane;
    const isSteeredAlike = this.#steering === core.nodes.steering;
    for (const [request, entries] of isSteeredAlike ? [...this.#carried].reverse() : [])
      if (entries.length === live.length) return request;
    this.#steering = core.nodes.steering;
    const { request } = freight.load(live, deadlineAt);
    this.#carried.set(request, live);
    return request;
  }

  /** The whole request was refused, so one entry of it may be poison: halves go on their own, until only the poison fails. */
  #split({ status, body }: CallAnswer): void {
    const live = this.entries.filter((entry) => !entry.ended);
    const engineError = readEngineError(body);
    const isBlocked = isBlock(status, engineError?.type);
    if (live.length > 1 && status !== 401 && status !== 403 && !isBlocked) {
      const middle = Math.ceil(live.length / 2);
      this.#lane.ship(live.slice(0, middle));
      this.#lane.ship(live.slice(middle));
    } else {
      const code = isBlocked ? 'blocked' : status === 413 ? 'too-large' : 'rejected';
      const details = engineError === undefined ? { status } : { status, engineError };
      const error = new ClientError(code, `The engine refused the request with status ${status}.`, details);
      for (const entry of live) this.#lane.freight.refuse(entry, error);
    }
    this.#lane.onBatchEnd(this, []);
  }
}
