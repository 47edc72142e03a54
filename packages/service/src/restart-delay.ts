// How long a crashed worker's replacement waits: not at all after one crash, with exponential backoff while crashes follow each other.

const firstMs = 200;
const mostMs = 10_000;

/** `crashes` counts the crashes in a row, 1 for the first; a worker that served for two seconds resets the count. */
export function restartDelayMs(crashes: number): number {
  return crashes <= 1 ? 0 : Math.min(mostMs, firstMs * 2 ** (crashes - 2));
}
