// Whether gathering is faster, by measurement: short trials of the other mode, which is chosen when it was cheaper twice in a row.
// Trials that confirm the choice become rarer. Nothing is measured while a node or a shard is unhealthy.

export type GatherMode = 'auto' | 'on' | 'off';

interface Mode {
  /** Smoothed cost of an operation in this mode; NaN before the first trial. */
  cost: number;
}

const trialOperations = 128;
/** Steady operations between trials: at first, and at most. */
const firstPause = 2048;
const longestPause = 131_072;
/** The other mode must be cheaper by this factor: trials are short, and frequent changes cost more than they gain. */
const advantage = 0.85;
const winsToChange = 2;

export class GatherSwitch {
  readonly #mode: GatherMode;
  readonly #isHealthy: () => boolean;
  readonly #onChange: (on: boolean) => void;
  readonly #modes: Readonly<Record<'on' | 'off', Mode>> = { on: { cost: NaN }, off: { cost: NaN } };
  #chosen: boolean;
  #trial = false;
  #pause = firstPause;
  #left = trialOperations;
  #epoch = 0;
  #startedMs = 0;
  #latencySum = 0;
  #count = 0;
  #void = false;
  #wins = 0;

  /**
   * @param initial the mode in which `auto` starts.
   * @param isHealthy whether everything is healthy, because latencies during a fault say nothing about gathering.
   */
  constructor(mode: GatherMode, initial: boolean, isHealthy: () => boolean, onChange: (on: boolean) => void) {
    this.#isHealthy = isHealthy;
    this.#mode = mode;
    this.#chosen = mode === 'auto' ? initial : mode === 'on';
    this.#onChange = onChange;
  }

  /** The mode of the next operation. */
  get on(): boolean {
    return this.#trial ? !this.#chosen : this.#chosen;
  }

  /** The mode chosen so far, whatever a trial does at the moment. */
  get chosen(): boolean {
    return this.#chosen;
  }

  /** The epoch an operation starts in; give it back to `record`. */
  get epoch(): number {
    return this.#epoch;
  }

  /** An operation ended. Those that began in an earlier epoch were in the other mode and are not counted. */
  record(epoch: number, nowMs: number, latencyMs: number, ok: boolean): void {
    if (this.#mode !== 'auto' || epoch !== this.#epoch) return;
    if (this.#startedMs === 0) this.#startedMs = nowMs - latencyMs;
    this.#latencySum += latencyMs;
    this.#count++;
    if (!ok || !this.#isHealthy()) this.#void = true;
    if (--this.#left === 0) this.#endEpoch(nowMs);
  }

  #endEpoch(nowMs: number): void {
    const elapsedMs = Math.max(0.001, nowMs - this.#startedMs);
    const latency = this.#latencySum / this.#count;
    // By Little's law the sum of latencies over the elapsed time is the concurrency. Dividing by its root makes the cost fair
    // both to closed loops (faster answers mean more of them) and to open ones (the rate is given, latency is what changes).
    const concurrency = Math.max(1, this.#latencySum / elapsedMs);
    const cost = latency / Math.sqrt(concurrency);
    if (!this.#void) {
      const mode = this.#modes[this.on ? 'on' : 'off'];
      mode.cost = Number.isNaN(mode.cost) ? cost : mode.cost + 0.4 * (cost - mode.cost);
    }
    this.#next();
  }

  #next(): void {
    if (this.#trial) this.#decide();
    this.#trial = !this.#trial && !this.#void;
    this.#void = false;
    this.#left = this.#trial ? trialOperations : this.#pause;
    this.#epoch++;
    this.#startedMs = 0;
    this.#latencySum = 0;
    this.#count = 0;
  }

  #decide(): void {
    if (this.#void) return;
    const own = this.#modes[this.#chosen ? 'on' : 'off'].cost;
    const other = this.#modes[this.#chosen ? 'off' : 'on'].cost;
    if (other >= own * advantage) {
      this.#wins = 0;
      this.#pause = Math.min(longestPause, this.#pause * 2);
      return;
    }
    this.#pause = firstPause;
    if (++this.#wins < winsToChange) return;
    this.#wins = 0;
    this.#chosen = !this.#chosen;
    this.#onChange(this.#chosen);
  }
}
