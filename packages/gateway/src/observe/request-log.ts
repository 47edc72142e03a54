// The request log: one line of JSON for each request, or for each Nth and for each failure. Paths are logged without their queries and
// bodies never.
import type { Ended } from '../operations/index.ts';

export class RequestLog {
  readonly #every: number;
  readonly #write: (line: string) => void;
  #seen = 0;

  /** @param every 0 logs nothing. */
  constructor(every: number, write: (line: string) => void) {
    this.#every = every;
    this.#write = write;
  }

  log(ended: Ended): void {
    if (this.#every === 0) return;
    const isFailure = ended.error !== undefined || ended.status >= 500;
    if (this.#seen++ % this.#every !== 0 && !isFailure) return;
    const durationMs = Math.round(ended.durationMs * 1000) / 1000;
    this.#write(`${JSON.stringify({ time: new Date().toISOString(), ...ended, durationMs })}\n`);
  }
}
