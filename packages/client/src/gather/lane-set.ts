// All lanes of one kind of operation. While every shard answers, entries share one lane, because large requests are cheap.
// When a request is stuck the lanes are divided by shard, what is trapped in it is rescued shard by shard, and the healthy
// shards go on. A stuck lane sends single operations ahead, so that it goes on as soon as its shard does, not when the stuck
// requests are given up. A while after the last stall the lanes share again.
import type { Core } from '../call/core.ts';
import { RecentQuantile } from '../policy/quantile.ts';
import { Alarm } from '../time/wheel.ts';
import type { BatchFormat } from './batch-format.ts';
import type { Entry } from './entry.ts';
import { groupBy } from './group.ts';
import { Lane, type LaneLimits, type LaneOwner } from './lane.ts';
import { Pause } from './pause.ts';

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
const reuniteAfterMs = 3000;
/** A lane in which everything is stuck sends one operation ahead this often. */
const scoutEveryMs = 500;

export class LaneSet<E extends Entry<never>> extends Alarm implements LaneOwner<E> {
  readonly #core: Core;
  readonly #format: BatchFormat<E>;
  readonly #limits: LaneSetLimits;
  readonly #shared: Lane<E>;
  readonly #divided = new Map<string, Lane<E>>();
  readonly #latency = new RecentQuantile(0.95, 256);
  #isDivided = false;
  #stuckMs = -Infinity;
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

  /** Lanes are divided because a request was stuck lately. */
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

  /** Whether an entry of `bytes` may join `key`. One stuck lane may fill half of the room, so that the others go on. */
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
    // The lane answers: what of it is still trapped in a stuck request is sent once more, now that it will be answered.
    this.#rescue(lane);
    for (const batch of [...this.#shared.stalled, ...lane.stalled]) batch.cancelIfDone();
  }

  onAgain(entries: readonly E[]): void {
    new Pause(this.#core, entries, (live) => this.#putBack(live)).begin();
  }

  onStall(): void {
    if (!this.#limits.divides) return;
    this.#stuckMs = this.#core.time.now();
    if (!this.#isDivided) {
      this.#isDivided = true;
      this.#core.events.emit('lanes', { kind: this.#format.kind, divided: true });
      for (const [key, entries] of groupBy(this.#shared.takeAll(), laneKeyOf)) this.#lane(key).pushFirst(entries);
    }
    this.#watch(this.#stuckMs);
  }

  /** While something is stuck: another try. A while after that: time to share again. */
  override ring(): void {
    const now = this.#core.time.now();
    if ([this.#shared, ...this.#divided.values()].some(({ stalled }) => stalled.length > 0)) this.#stuckMs = now;
    if (now - this.#stuckMs < reuniteAfterMs) return this.#watch(now);
    this.#isDivided = false;
    this.#core.events.emit('lanes', { kind: this.#format.kind, divided: false });
    for (const lane of this.#divided.values()) this.#shared.pushFirst(lane.takeAll());
    this.#divided.clear();
  }

  #watch(now: number): void {
    for (const key of new Set([...this.#divided.keys(), ...this.#trapped(this.#shared).map(({ laneKey }) => laneKey)]))
      this.#scout(this.#lane(key), now);
    this.#core.wheel.set(this, now + scoutEveryMs);
  }

  /** Sends one operation of a lane that is stuck ahead; its answer tells that the shard is healthy. */
  #scout(lane: Lane<E>, now: number): void {
    if (now - lane.sentMs < scoutEveryMs || lane.stalled.length < lane.batches.size) return;
    const first = this.#trappedOf(lane)[0];
    if (!first) return;
    // What waits is sent for the first time, which is free.
    if (!lane.sendFirst() && this.#pay()) lane.send([first]);
  }

  #rescue(lane: Lane<E>): void {
    const entries = this.#trappedOf(lane);
    if (entries.length > 0 && this.#pay()) lane.send(entries.slice(0, this.#limits.maxCount));
  }

  /** Entries of `lane` that nothing but stuck requests carry, the shared ones included. */
  #trappedOf(lane: Lane<E>): readonly E[] {
    return [...new Set([...this.#trapped(this.#shared), ...this.#trapped(lane)])].filter(
      (entry) => entry.laneKey === lane.key,
    );
  }

  #trapped(lane: Lane<E>): readonly E[] {
    return lane.stalled.flatMap(({ entries }) => entries.filter((entry) => entry.trapped));
  }

  #pay(): boolean {
    return this.#core.retryBudget.withdraw(this.#core.time.now());
  }

  #putBack(live: readonly E[]): void {
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
