// Users of the application: writes and searches through the balancer at a fixed rate, each sent when it is due, none repeated. Each one that
// fails is kept with its time and cause.
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than the built-in service takes to say that the engine does not answer. */
const deadlineMs = 30_000;
/** After a change: what was sent while it ended is answered then. */
const afterMs = 2_000;

export interface FailedRequest {
  /** Since the beginning of the load. */
  readonly atMs: number;
  readonly kind: 'write' | 'search';
  readonly tookMs: number;
  /** The status and the beginning of the answer, or how the connection ended. */
  readonly cause: string;
  /** A bad release answered it. */
  readonly byBadRelease: boolean;
}

export interface Traffic {
  readonly requests: number;
  readonly failed: readonly FailedRequest[];
  /** The longest time between two good answers of one kind, in the worse of the two kinds. */
  readonly longestGapMs: number;
  /** How late a request was sent at worst: the load's own fault. */
  readonly longestLagMs: number;
}

/** Half of `ratePerS` are writes, half are searches; `login` are the headers with which they log in. Ends when `work` has ended and every answer is there. */
export async function underLoad<Result>(
  url: string,
  ratePerS: number,
  work: (sofar: () => Traffic) => Promise<Result>,
  login: Readonly<Record<string, string>> = {},
): Promise<{ readonly result: Result; readonly traffic: Traffic }> {
  const load = new Load(url, login);
  const ended = new AbortController();
  const users = load.run(ratePerS, ended.signal);
  try {
    const result = await work(() => load.traffic());
    await sleep(afterMs);
    ended.abort();
    await users;
    return { result, traffic: load.traffic() };
  } finally {
    ended.abort();
    await users;
  }
}

class Load {
  readonly #url: string;
  readonly #login: Readonly<Record<string, string>>;
  readonly #startedMs = performance.now();
  readonly #failed: FailedRequest[] = [];
  readonly #good = { write: [0], search: [0] };
  #requests = 0;
  #lagMs = 0;

  constructor(url: string, login: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#login = login;
  }

  async run(ratePerS: number, ended: AbortSignal): Promise<void> {
    const open = new Set<Promise<void>>();
    for (let sent = 0; !ended.aborted; sent += 1) {
      const dueMs = (sent * 1_000) / ratePerS;
      await sleep(Math.max(0, dueMs - this.#nowMs()));
      this.#lagMs = Math.max(this.#lagMs, this.#nowMs() - dueMs);
      const request = this.#send(sent % 2 === 0 ? 'write' : 'search', sent);
      open.add(request);
      void request.finally(() => open.delete(request));
    }
    await Promise.all(open);
  }

  traffic(): Traffic {
    const gaps = Object.values(this.#good).flatMap((times) =>
      times.map((time, place) => time - (times[place - 1] ?? 0)),
    );
    return {
      requests: this.#requests,
      failed: this.#failed,
      longestGapMs: Math.round(gaps.reduce((a, b) => Math.max(a, b), 0)),
      longestLagMs: Math.round(this.#lagMs),
    };
  }

  #nowMs(): number {
    return performance.now() - this.#startedMs;
  }

  async #send(kind: FailedRequest['kind'], number: number): Promise<void> {
    this.#requests += 1;
    const atMs = this.#nowMs();
    const failed = (cause: string): void => {
      const tookMs = Math.round(this.#nowMs() - atMs);
      this.#failed.push({ atMs: Math.round(atMs), kind, tookMs, cause, byBadRelease: cause.includes('bad release') });
    };
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      const response =
        kind === 'search'
          ? await fetch(`${this.#url}/search?q=understudy`, { signal, headers: this.#login })
          : await fetch(`${this.#url}/index`, {
              method: 'POST',
              signal,
              headers: { 'content-type': 'application/json', ...this.#login },
              body: JSON.stringify({ id: `release-${number}`, data: { title: `understudy number ${number}` } }),
            });
      const text = await response.text();
      if (response.ok) this.#good[kind].push(this.#nowMs());
      else failed(`${response.status} ${text.replaceAll(/\s+/g, ' ').slice(0, 100)}`);
    } catch (error) {
      failed(String((error as Error).cause ?? error));
    }
  }
}
