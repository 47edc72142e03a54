// How long to wait before another attempt: exponential backoff with full jitter, and what the engine asked for (Retry-After).

export interface BackoffOptions {
  /** Upper bound of the first wait. */
  readonly baseMs: number;
  /** Upper bound of every wait. */
  readonly capMs: number;
  /** False waits the whole bound instead of a random part of it; only the article's preset does. */
  readonly jitter: boolean;
}

export const backoffDefaults: BackoffOptions = { baseMs: 50, capMs: 1000, jitter: true };

/** Wait before retry number `retry` (0 is the first): uniform in [0, min(cap, base * 2^retry)). */
export function backoffMs(options: BackoffOptions, retry: number, random: () => number): number {
  const bound = Math.min(options.capMs, options.baseMs * 2 ** Math.min(retry, 30));
  return options.jitter ? random() * bound : bound;
}

/**
 * Retry-After as milliseconds from now: seconds or an HTTP date (RFC 9110, 10.2.3); undefined when absent or malformed.
 */
export function parseRetryAfterMs(value: string | string[] | undefined, wallMs: number): number | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallMs);
}
