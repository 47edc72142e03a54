// The lines of several logs in the order of their times.
import type { LogLine } from './log-line.ts';

/** Lines of the same time stay in the order in which they came. */
export function inOrderOfTime(lines: readonly LogLine[]): LogLine[] {
  return [...lines].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** Holds lines back for a moment, since those of one machine arrive later than those of another. */
export class LineBuffer {
  readonly #emit: (line: LogLine) => void;
  readonly #nowMs: () => number;
  readonly #heldMs: number;
  #waiting: { readonly line: LogLine; readonly cameMs: number }[] = [];

  constructor(emit: (line: LogLine) => void, nowMs: () => number, heldMs: number) {
    this.#emit = emit;
    this.#nowMs = nowMs;
    this.#heldMs = heldMs;
  }

  add(line: LogLine): void {
    this.#waiting.push({ line, cameMs: this.#nowMs() });
  }

  /** Hands on the lines that have been held long enough. */
  flush(): void {
    this.#flushUntil(this.#nowMs() - this.#heldMs);
  }

  /** Hands on every line. */
  end(): void {
    this.#flushUntil(Infinity);
  }

  /** What is held long enough goes, and with it what came later and is older. */
  #flushUntil(cameMs: number): void {
    const ripe = this.#waiting.filter((held) => held.cameMs <= cameMs);
    if (ripe.length === 0) return;
    const newest = ripe.reduce((time, { line }) => (line.time > time ? line.time : time), '');
    const goes = this.#waiting.filter((held) => held.cameMs <= cameMs || held.line.time < newest);
    this.#waiting = this.#waiting.filter((held) => !goes.includes(held));
    for (const line of inOrderOfTime(goes.map((held) => held.line))) this.#emit(line);
  }
}
