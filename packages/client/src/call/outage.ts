// The whole cluster down: when every node has been down for a grace period, calls fail fast, those that wait included. Ends
// when any node comes back, which background probes detect, not requests of users.
import type { Time } from '../time/time.ts';
import { Alarm, type Wheel } from '../time/wheel.ts';

/** A call that waits for a node. */
export interface WaitingCall {
  onNodeBack(): void;
  onOutage(): void;
}

export class Outage extends Alarm {
  readonly #time: Time;
  readonly #wheel: Wheel;
  readonly #graceMs: number;
  readonly #onChange: (open: boolean) => void;
  readonly #waiting = new Set<WaitingCall>();
  #open = false;

  constructor(time: Time, wheel: Wheel, graceMs: number, onChange: (open: boolean) => void) {
    super();
    this.#time = time;
    this.#wheel = wheel;
    this.#graceMs = graceMs;
    this.#onChange = onChange;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Waits for a node; undone by `stopWaiting`. */
  wait(call: WaitingCall): void {
    this.#waiting.add(call);
  }

  stopWaiting(call: WaitingCall): void {
    this.#waiting.delete(call);
  }

  /** Tells how many nodes are usable now; called on every change of a node. */
  usable(count: number): void {
    if (count === 0) {
      if (!this.#open && this.dueTick < 0) this.#wheel.set(this, this.#time.now() + this.#graceMs);
      return;
    }
    this.#wheel.clear(this);
    if (this.#open) {
      this.#open = false;
      this.#onChange(false);
    }
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const call of waiting) call.onNodeBack();
  }

  override onAlarm(): void {
    this.#open = true;
    this.#onChange(true);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const call of waiting) call.onOutage();
  }
}
