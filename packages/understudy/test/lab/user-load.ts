// Users of an application with the article's paths: writes and searches through the balancer at a fixed rate, each sent once.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Served {
  readonly total: number;
  /** `write 500: …`, one for each request that was not answered well. */
  readonly failures: readonly string[];
  readonly longestMs: number;
}

const everyMs = 100;
/** Longer than the client of the application waits, with its repetitions. */
const patienceMs = 60_000;

export class UserLoad implements AsyncDisposable {
  readonly #url: string;
  readonly #sent: Promise<void>[] = [];
  readonly #failures: string[] = [];
  readonly #sending: Promise<void>;
  #longestMs = 0;
  #isOver = false;

  constructor(url: string) {
    this.#url = url;
    this.#sending = this.#send();
  }

  async stop(): Promise<Served> {
    this.#isOver = true;
    await this.#sending;
    await Promise.all(this.#sent);
    return { total: this.#sent.length, failures: this.#failures, longestMs: Math.round(this.#longestMs) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #send(): Promise<void> {
    for (let n = 0; !this.#isOver; n += 1) {
      this.#sent.push(n % 3 === 0 ? this.#one('search', '/search?q=word') : this.#write(n));
      await sleep(everyMs);
    }
  }

  #write(n: number): Promise<void> {
    const body = JSON.stringify({ id: `load-${n}`, data: { title: `title ${n}`, content: 'a word' } });
    return this.#one('write', '/index', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  }

  async #one(what: string, path: string, init: RequestInit = {}): Promise<void> {
    const startedMs = performance.now();
    try {
      const answer = await fetch(`${this.#url}${path}`, { ...init, signal: AbortSignal.timeout(patienceMs) });
      const text = await answer.text();
      if (!answer.ok) this.#failures.push(`${what} ${answer.status}: ${text.slice(0, 200)}`);
    } catch (error) {
      this.#failures.push(`${what}: ${(error as Error).message}`);
    }
    this.#longestMs = Math.max(this.#longestMs, performance.now() - startedMs);
  }
}
