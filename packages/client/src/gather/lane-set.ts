// All lanes of one kind of operation. While every shard answers, entries share one lane, because large requests are cheap.
// When a request stalls, the lanes are divided by shard, its entries are sent again shard by shard, and the healthy shards go
// on. A stalled lane sends single operations ahead, so that it goes on as soon as its shard does, not when the stalled
// requests are given up. Some time after the last stall the entries share one lane again.
import type { Core } from '../call/core.ts';
import { RecentQuantile } from '../policy/quantile.ts';
import { Alarm } from '../time/wheel.ts';
import type { BatchFormat } from './batch-format.ts';
import type { Entry } from './entry.ts';
import { groupBy } from './group.ts';
import { Lane, type LaneLimits, type LaneOwner } from './lane.ts';
import { RetryDelay } from './retry-delay.ts';

export interface LaneSetLimits extends LaneLimits {
  /** Entries waiting over all lanes. */
  readonly maxQueue: number;
  /** Bytes waiting over all lanes. */
  readonly maxQueueBytes: number;
  /** False never divides: for kinds whose entries belong to no single shard. */
  readonly divides: boolean;
}

/** A stall is several times the usual, within these bounds. */
const stallFactor = 4;
const stallMinMs = 250;
const stallMaxMs = 1500;
/** Lanes stay divided this long after the last stall. */
const shareAfterMs = 3000;
/** A lane whose requests are all stalled sends one operation ahead this often. */
const sendAheadEveryMs = 500;

export class LaneSet<E extends Entry<never>> extends Alarm implements LaneOwner<E> {
  readonly #core: Core;
  readonly #format: BatchFormat<E>;
  readonly #limits: LaneSetLimits;
  readonly #shared: Lane<E>;
  readonly #divided = new Map<string, Lane<E>>();
  readonly #latency = new RecentQuantile(0.95, 256);
  #isDivided = false;
  #lastStallMs = -Infinity;
  #made = 1;
  #waiting = 0;
  #waitingBytes = 0;

  constructor(core: Core, format: BatchFormat<E>, limits: LaneSetLimits) {
    super();
    this.#core = core;
    this.#format = format;
    this.#limits = limits;
    this.#shared = new Lane(0, 'shared', core, format, limits, this);
  }

  /** Lanes in use: one while everything is shared. */
  get count(): number {
    return this.#isDivided ? this.#divided.size : 1;
  }

  /** Lanes are divided because a request stalled lately. */
  get isDivided(): boolean {
    return this.#isDivided;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get inFlight(): number {
    let sum = this.#shared.batches.size;
    for (const lane of this.#divided.values()) sum += lane.batches.size;
    return sum;
  }

  get stallMs(): number {
    const usual = this.#latency.valueMs;
    return usual === Infinity ? stallMaxMs : Math.min(stallMaxMs, Math.max(stallMinMs, usual * stallFactor));
  }

  /** Whether an entry of `bytes` may join `key`. One stalled lane may fill half of the queue, so that the others go on. */
  hasRoom(key: string, bytes: number): boolean {
    if (this.#waiting >= this.#limits.maxQueue || this.#waitingBytes + bytes > this.#limits.maxQueueBytes) return false;
    const lane = this.#isDivided ? this.#divided.get(key) : undefined;
    return lane === undefined || lane.waiting * 2 < this.#limits.maxQueue;
  }

  push(entry: E): void {
    this.#waiting++;
    this.#waitingBytes += entry.bytes;
    (this.#isDivided ? this.#lane(entry.laneKey) : this.#shared).push(entry);
  }

  onTaken(count: number, bytes: number): void {
    this.#waiting -= count;
    this.#waitingBytes -= bytes;
  }

  onAnswered(lane: Lane<E>, latencyMs: number): void {
    if (latencyMs < this.stallMs) this.#latency.record(latencyMs);
    if (lane === this.#shared) return;
    // The lane answers: its entries that only stalled requests carry are sent once more, now that they will be answered.
    this.#resendStuck(lane);
    for (const batch of [...this.#shared.stalled, ...lane.stalled]) batch.cancelIfDone();
  }

  onAgain(entries: readonly E[]): void {
    new RetryDelay(this.#core, entries, (live) => this.#requeue(live)).start();
  }

  onStall(): void {
    if (!this.#limits.divides) return;
    this.#lastStallMs = this.#core.time.now();
    if (!this.#isDivided) {
      this.#isDivided = true;
      this.#core.events.emit('lanes', { kind: this.#format.kind, divided: true });
      for (const [key, entries] of groupBy(this.#shared.takeAll(), laneKeyOf)) this.#lane(key).pushFirst(entries);
    }
    this.#watch(this.#lastStallMs);
  }

  /** While a request is stalled: another try. Some time after that: one lane for all again. */
  override onAlarm(): void {
    const now = this.#core.time.now();
    if ([this.#shared, ...this.#divided.values()].some(({ stalled }) => stalled.length > 0)) this.#lastStallMs = now;
    if (now - this.#lastStallMs < shareAfterMs) return this.#watch(now);
    this.#isDivided = false;
    this.#core.events.emit('lanes', { kind: this.#format.kind, divided: false });
    for (const lane of this.#divided.values()) this.#shared.pushFirst(lane.takeAll());
    this.#divided.clear();
  }

  #watch(now: number): void {
    for (const key of new Set([...this.#divided.keys(), ...this.#stuckIn(this.#shared).map(({ laneKey }) => laneKey)]))
      this.#sendAhead(this.#lane(key), now);
    this.#core.wheel.set(this, now + sendAheadEveryMs);
  }

  /** Sends one operation of a stalled lane ahead; its answer shows that the shard is healthy. */
  #sendAhead(lane: Lane<E>, now: number): void {
    if (now - lane.sentMs < sendAheadEveryMs || lane.stalled.length < lane.batches.size) return;
    const first = this.#stuckOf(lane)[0];
    if (!first) return;
    // An entry that waits is sent for the first time, which takes no token.
    if (!lane.sendFirst() && this.#takeRetryToken()) lane.send([first]);
  }

  #resendStuck(lane: Lane<E>): void {
    const entries = this.#stuckOf(lane);
    if (entries.length > 0 && this.#takeRetryToken()) lane.send(entries.slice(0, this.#limits.maxCount));
  }

  /** Entries of `lane` that only stalled requests carry, those of the shared lane included. */
  #stuckOf(lane: Lane<E>): readonly E[] {
    return [...new Set([...this.#stuckIn(this.#shared), ...this.#stuckIn(lane)])].filter(
      (entry) => entry.laneKey === lane.key,
    );
  }

  #stuckIn(lane: Lane<E>): readonly E[] {
    return lane.stalled.flatMap(({ entries }) => entries.filter((entry) => entry.isStuck));
  }

  #takeRetryToken(): boolean {
    return this.#core.retryBudget.withdraw(this.#core.time.now());
  }

  #requeue(live: readonly E[]): void {
    this.#waiting += live.length;
    for (const entry of live) this.#waitingBytes += entry.bytes;
    if (!this.#isDivided) this.#shared.pushFirst(live);
    else for (const [key, entries] of groupBy(live, laneKeyOf)) this.#lane(key).pushFirst(entries);
  }

  #lane(key: string): Lane<E> {
    const known = this.#divided.get(key);
    if (known) return known;
    const lane = new Lane(this.#made++, key, this.#core, this.#format, this.#limits, this);
    this.#divided.set(key, lane);
    return lane;
  }
}

const laneKeyOf = ({ laneKey }: Entry<never>): string => laneKey;
