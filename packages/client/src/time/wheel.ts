// One shared timer for every deadline, hedge and backoff: a hashed timer wheel. Adding and removing an alarm is a few
// pointer writes, where a timer of the runtime per call costs microseconds. An alarm fires at most one tick late, never early.
import type { Time, Timer } from './time.ts';

const slotCount = 1024;

/** Fires once. Subclasses say what happens; one alarm is in at most one slot. */
export abstract class Alarm {
  /** Wheel tick at which this alarm fires; -1 when it is not set. */
  dueTick = -1;
  next: Alarm | null = null;
  prev: Alarm | null = null;

  abstract onAlarm(): void;
}

class Sentinel extends Alarm {
  override onAlarm(): void {
    throw new Error('A sentinel never fires.');
  }
}

export class Wheel {
  readonly tickMs: number;
  readonly #time: Time;
  readonly #slots: Alarm[];
  readonly #holds: boolean;
  #lastTick: number;
  #count = 0;
  #timer: Timer | null = null;
  #timerTick = Infinity;
  #stopped = false;

  /** @param holds whether alarms keep the process alive; background work must not. */
  constructor(time: Time, tickMs = 5, holds = true) {
    this.#holds = holds;
    this.tickMs = tickMs;
    this.#time = time;
    this.#lastTick = Math.floor(time.now() / tickMs);
    this.#slots = Array.from({ length: slotCount }, () => {
      const head = new Sentinel();
      head.next = head;
      head.prev = head;
      return head;
    });
  }

  /** Alarms that are set now. */
  get size(): number {
    return this.#count;
  }

  /** Sets `alarm` to fire at `atMs` (the clock of `Time.now`), replacing an earlier setting. */
  set(alarm: Alarm, atMs: number): void {
    if (alarm.dueTick >= 0) this.clear(alarm);
    if (this.#stopped) return;
    const tick = Math.max(Math.ceil(atMs / this.tickMs), this.#lastTick + 1);
    alarm.dueTick = tick;
    const head = this.#slot(tick);
    const last = head.prev ?? head;
    alarm.prev = last;
    alarm.next = head;
    last.next = alarm;
    head.prev = alarm;
    if (this.#count++ === 0 && this.#holds) this.#timer?.hold(true);
    if (tick < this.#timerTick) this.#arm(tick);
  }

  /** Unsets `alarm`; harmless when it is not set. */
  clear(alarm: Alarm): void {
    if (alarm.dueTick < 0) return;
    alarm.dueTick = -1;
    if (alarm.prev) alarm.prev.next = alarm.next;
    if (alarm.next) alarm.next.prev = alarm.prev;
    alarm.next = null;
    alarm.prev = null;
    if (--this.#count === 0) this.#timer?.hold(false);
  }

  /** Stops the timer. Alarms still set never fire, and none can be set. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerTick = -Infinity;
    this.#stopped = true;
  }

  /** Stops, and fires every alarm that is set, for the last time. */
  fireAndStop(): void {
    this.stop();
    for (const head of this.#slots)
      for (let alarm = head.next; alarm && alarm !== head; alarm = head.next) {
        this.clear(alarm);
        alarm.onAlarm();
      }
  }

  #slot(tick: number): Alarm {
    const head = this.#slots[tick % slotCount];
    if (!head) throw new Error('A wheel has a head in every slot.');
    return head;
  }

  #arm(tick: number): void {
    this.#timer?.cancel();
    this.#timerTick = tick;
    // Runtimes truncate timers to whole milliseconds: round up, or the timer fires just before its tick and must be set again.
    const waitMs = Math.max(0, Math.ceil(tick * this.tickMs - this.#time.now()));
    this.#timer = this.#time.after(waitMs, () => this.#turn());
    if (this.#count === 0 || !this.#holds) this.#timer.hold(false);
  }

  #turn(): void {
    this.#timer = null;
    this.#timerTick = Infinity;
    const nowTick = Math.floor(this.#time.now() / this.tickMs);
    const first = Math.max(this.#lastTick + 1, nowTick - slotCount + 1);
    this.#lastTick = Math.max(this.#lastTick, nowTick);
    for (let tick = first; tick <= nowTick; tick++) this.#fireSlot(this.#slot(tick), nowTick);
    // An alarm that fired may have armed the timer by setting another, which need not be the earliest one that is set.
    const nextTick = this.#count > 0 ? this.#nextTick() : Infinity;
    if (nextTick < this.#timerTick) this.#arm(nextTick);
  }

  #fireSlot(head: Alarm, nowTick: number): void {
    let alarm = head.next;
    const due: Alarm[] = [];
    while (alarm && alarm !== head) {
      if (alarm.dueTick <= nowTick) due.push(alarm);
      alarm = alarm.next;
    }
    for (const one of due) {
      // An earlier alarm of this turn may have cleared or moved this one.
      if (one.dueTick < 0 || one.dueTick > nowTick) continue;
      this.clear(one);
      one.onAlarm();
    }
  }

  /** The earliest tick at which an alarm may fire: exact within one round, one round ahead otherwise. */
  #nextTick(): number {
    for (let ahead = 1; ahead < slotCount; ahead++) {
      const head = this.#slot(this.#lastTick + ahead);
      if (head.next !== head) return this.#lastTick + ahead;
    }
    return this.#lastTick + slotCount;
  }
}
