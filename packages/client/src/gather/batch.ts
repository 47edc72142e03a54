// Entries under way in one request. An entry may be in two at once, when it is rescued from a request that is stuck: the
// first good answer ends it, and a failure counts only when no other request carries it.
import { Call } from '../call/call.ts';
import type { CallAnswer } from '../call/core.ts';
import type { ClientError } from '../errors.ts';
import { errorIn } from '../json.ts';
import type { WireRequest } from '../nodes/wire.ts';
import { readEngineError } from '../policy/classify.ts';
import { toRefusal } from '../api/answer.ts';
import { Alarm } from '../time/wheel.ts';
import type { Entry, EntryOwner } from './entry.ts';
import type { Lane, Naming } from './lane.ts';

/** Statuses that one entry can bring upon a whole request. */
const poisonStatuses: ReadonlySet<number> = new Set([400, 413, 422]);

/** The type of the engine's refusal of a request whose entries name their index, among others. */
export const explicitIndexRefusal = 'illegal_argument_exception';

export class Batch<E extends Entry<never>> extends Alarm implements EntryOwner {
  readonly entries: readonly E[];
  /** Under way for suspiciously long. */
  stalled = false;
  readonly #lane: Lane<E>;
  readonly #naming: Naming;
  #call: Call | null = null;
  #live: number;
  #startedMs = 0;
  /** Where reads were steered when the request was made last. */
  #steering = '';
  /** Which entries each request that was sent carries, in their order. */
  readonly #carried = new Map<WireRequest, readonly E[]>();

  constructor(lane: Lane<E>, entries: readonly E[], naming: Naming) {
    super();
    this.#lane = lane;
    this.#naming = naming;
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
    const load = freight.load(this.entries, deadlineAt, this.#naming !== 'entries');
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
    const carried = this.#carried.get(answer.request) ?? this.entries;
    if (answer.status >= 300) return this.#refused(answer, carried.length);
    // Index by index always works, so a trial that misjudged another refusal does no harm.
    if (this.#naming === 'trial') core.indexInPath = true;
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
    const { request } = freight.load(live, deadlineAt, this.#naming !== 'entries');
    this.#carried.set(request, live);
    return request;
  }

  /**
   * The whole request was refused. Where indexes may not be named in entries it is sent again with the index in the path. Otherwise one
   * entry may be poison: halves go on their own, until only the poison fails.
   */
  #refused({ status, body }: CallAnswer, carried: number): void {
    const live = this.entries.filter((entry) => !entry.ended);
    // Engines that read a bulk as it comes may have carried out what came before the line they refuse.
    if (status === 400 && carried > 1) for (const entry of live) entry.maybeApplied = true;
    const naming = this.#naming === 'trial' ? 'path' : this.#naming;
    if (status === 400 && naming === 'entries' && readEngineError(body)?.type === explicitIndexRefusal)
      this.#lane.ship(live, 'trial');
    else if (live.length > 1 && poisonStatuses.has(status)) {
      const middle = Math.ceil(live.length / 2);
      this.#lane.ship(live.slice(0, middle), naming);
      this.#lane.ship(live.slice(middle), naming);
    } else
      for (const entry of live) this.#lane.freight.refuse(entry, toRefusal(entry.operation, status, errorIn(body)));
    this.#lane.onBatchEnd(this, []);
  }
}
