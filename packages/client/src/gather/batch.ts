// Entries under way in one request. An entry may be in two at once, when it is sent again because its request is stalled: the
// first good answer ends it, and a failure counts only when no other request carries it.
import { Call } from '../call/call.ts';
import type { CallAnswer, Core } from '../call/core.ts';
import type { ClientError } from '../model/errors.ts';
import { errorIn } from '../json/json.ts';
import type { WireRequest } from '../nodes/wire.ts';
import { readEngineError } from '../policy/classify.ts';
import { explicitIndexRefusal, toRefusal } from '../formats/refusal.ts';
import { Alarm } from '../time/wheel.ts';
import type { BatchFormat, IndexNaming } from './batch-format.ts';
import type { Entry, EntryOwner } from './entry.ts';

/** Statuses that one invalid entry can cause for a whole request. */
const invalidEntryStatuses: ReadonlySet<number> = new Set([400, 413, 422]);

/** The lane that sent a batch. */
export interface BatchOwner<E extends Entry<never>> {
  /** Names the lane in events. */
  readonly number: number;
  readonly core: Core;
  readonly format: BatchFormat<E>;
  /** How long a request may take before it counts as stalled. */
  readonly stallMs: number;
  onStall(): void;
  /** The request took `latencyMs`; its entries are answered. */
  onAnswered(latencyMs: number): void;
  /** The batch ended; `again` are entries that should be sent once more. */
  onBatchEnd(batch: Batch<E>, again: readonly E[]): void;
  /** Sends `entries` in requests of their own, now. */
  send(entries: readonly E[], naming: IndexNaming): void;
}

export class Batch<E extends Entry<never>> extends Alarm implements EntryOwner {
  readonly entries: readonly E[];
  /** Under way for several times the usual latency. */
  stalled = false;
  readonly #owner: BatchOwner<E>;
  readonly #naming: IndexNaming;
  #call: Call | null = null;
  #live: number;
  #startedMs = 0;
  /** The read preference when the request was made last. */
  #readPreference = '';
  /** Which entries each request that was sent carries, in their order. */
  readonly #carried = new Map<WireRequest, readonly E[]>();

  constructor(owner: BatchOwner<E>, entries: readonly E[], naming: IndexNaming) {
    super();
    this.#owner = owner;
    this.#naming = naming;
    this.entries = entries;
    this.#live = entries.length;
  }

  start(): void {
    const { core, format, number, stallMs } = this.#owner;
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
      core.events.emit('batch', { kind: format.kind, lane: number, count: this.entries.length, bytes });
    }
    this.#startedMs = core.time.now();
    core.wheel.set(this, this.#startedMs + stallMs);
    const request = format.toRequest(this.entries, deadlineAt, this.#naming !== 'entries');
    this.#readPreference = core.nodes.readPreference;
    this.#carried.set(request.request, this.entries);
    const renewRequest = (): WireRequest | null => this.#renewRequest(deadlineAt);
    this.#call = new Call(core, { ...request, renewRequest, deadlineAt, gated: false }, this);
    this.#call.start();
  }

  override onAlarm(): void {
    this.stalled = true;
    for (const entry of this.entries) entry.stalledCopies++;
    this.#owner.onStall();
  }

  /** Ends the request when other requests have answered all that it carries. */
  cancelIfDone(): void {
    if (this.entries.every((entry) => entry.ended)) this.#call?.cancel();
  }

  onLeft(): void {
    // No caller waits for this request any more: what was not sent is never sent.
    if (--this.#live === 0) this.#call?.cancel();
  }

  onDone(answer: CallAnswer): void {
    const { core, format } = this.#owner;
    core.wheel.clear(this);
    for (const entry of this.entries) {
      this.#release(entry);
      entry.attempts += answer.attempts;
      if (answer.maybeApplied) entry.maybeApplied = true;
    }
    const carried = this.#carried.get(answer.request) ?? this.entries;
    if (answer.status >= 300) return this.#refused(answer, carried.length);
    // Requests with the index in the path are always allowed, so a trial after another kind of refusal does no harm.
    if (this.#naming === 'trial') core.indexInPath = true;
    const again = format.settle(carried, answer).filter((entry) => !entry.ended && entry.copies === 0);
    this.#owner.onAnswered(core.time.now() - this.#startedMs);
    this.#owner.onBatchEnd(this, again);
  }

  onError(error: ClientError): void {
    this.#owner.core.wheel.clear(this);
    for (const entry of this.entries) {
      this.#release(entry);
      entry.attempts += error.attempts.length;
      if (error.outcome === 'unknown') entry.maybeApplied = true;
      if (!entry.ended) this.#owner.format.fail(entry, error);
    }
    this.#owner.onBatchEnd(this, []);
  }

  #release(entry: E): void {
    entry.copies--;
    if (this.stalled) entry.stalledCopies--;
  }

  /**
   * The request for another attempt: without the entries that ended meanwhile, and made again when the read
   * preference changed, because searches have it in their body.
   */
  #renewRequest(deadlineAt: number): WireRequest | null {
    const live = this.entries.filter((entry) => !entry.ended);
    if (live.length === 0) return null;
    const { core, format } = this.#owner;
    const isSamePreference = this.#readPreference === core.nodes.readPreference;
    for (const [request, entries] of isSamePreference ? [...this.#carried].reverse() : [])
      if (entries.length === live.length) return request;
    this.#readPreference = core.nodes.readPreference;
    const { request } = format.toRequest(live, deadlineAt, this.#naming !== 'entries');
    this.#carried.set(request, live);
    return request;
  }

  /**
   * The whole request was refused. Where indexes may not be named in entries it is sent again with the index in the path. Otherwise one
   * entry may be invalid: the halves are sent separately, until only the invalid entry fails.
   */
  #refused({ status, body }: CallAnswer, carried: number): void {
    const live = this.entries.filter((entry) => !entry.ended);
    // Engines that read a bulk as a stream may have executed the lines before the one they refuse.
    if (status === 400 && carried > 1) for (const entry of live) entry.maybeApplied = true;
    const naming = this.#naming === 'trial' ? 'path' : this.#naming;
    if (status === 400 && naming === 'entries' && readEngineError(body)?.type === explicitIndexRefusal)
      this.#owner.send(live, 'trial');
    else if (live.length > 1 && invalidEntryStatuses.has(status)) {
      const middle = Math.ceil(live.length / 2);
      this.#owner.send(live.slice(0, middle), naming);
      this.#owner.send(live.slice(middle), naming);
    } else for (const entry of live) this.#owner.format.fail(entry, toRefusal(entry.operation, status, errorIn(body)));
    this.#owner.onBatchEnd(this, []);
  }
}
