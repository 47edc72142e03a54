// The other service machines: which of them reaches the engine, asked at most once a second however many requests wait.
import type { Logger } from 'pino';
import { peerHeader, sign } from '../auth/index.ts';

/** `/readyz` asks the engine for at most 1.5 s. */
const answerWithinMs = 2000;
const freshMs = 1000;

export class Peers {
  readonly #origins: readonly string[];
  readonly #logger: Logger;
  readonly #secret: () => string | undefined;
  #asked: Promise<string | undefined> = Promise.resolve(undefined);
  #askedMs = -Infinity;
  #last: string | undefined;

  /** `origins` as in http://10.20.0.32:5000; they share this service's engine and index. */
  constructor(origins: readonly string[], logger: Logger, secret: () => string | undefined) {
    this.#origins = origins;
    this.#logger = logger;
    this.#secret = secret;
  }

  /** The origin of a peer that reached the engine within the last second or does now; undefined when none does. */
  ready(): Promise<string | undefined> {
    const nowMs = performance.now();
    if (nowMs - this.#askedMs < freshMs) return this.#asked;
    this.#askedMs = nowMs;
    this.#asked = this.#ask();
    return this.#asked;
  }

  async #ask(): Promise<string | undefined> {
    const secret = this.#secret();
    const found = await Promise.any(this.#origins.map((origin) => readyOrigin(origin, secret))).catch(() => undefined);
    if (found !== this.#last) {
      if (found === undefined) this.#logger.warn('no other service machine reaches the engine either');
      else this.#logger.warn({ peer: found }, 'the engine cannot be reached from here; requests are passed to a peer');
    }
    this.#last = found;
    return found;
  }
}

async function readyOrigin(origin: string, secret: string | undefined): Promise<string> {
  const asked = { method: 'GET', path: '/readyz', caller: 'peer', digest: '-' };
  const headers = secret === undefined ? {} : { [peerHeader]: sign(secret, asked, Date.now()) };
  const response = await fetch(`${origin}/readyz`, { headers, signal: AbortSignal.timeout(answerWithinMs) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${origin} is not ready`);
  return origin;
}
