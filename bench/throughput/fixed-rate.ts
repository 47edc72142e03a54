// Latency at a rate that does not depend on the answers: requests leave when they are due, and are timed from then.
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type Dispatcher } from 'undici';

export interface RateSample {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/** `lines`: requests as load.lua reads them, taken in turn. */
export async function measureAtRate(
  url: string,
  lines: readonly string[],
  perSecond: number,
  seconds: number,
): Promise<RateSample> {
  const pool = new Pool(url, { connections: 256, headersTimeout: 30_000 });
  const latencies: number[] = [];
  let failed = 0;
  const send = async (line: string, dueMs: number): Promise<void> => {
    try {
      const { statusCode, body } = await pool.request(requestOf(line));
      await body.dump();
      if (statusCode >= 400) failed += 1;
    } catch {
      failed += 1;
    }
    latencies.push(performance.now() - dueMs);
  };
  const startMs = performance.now() + 50;
  const all: Promise<void>[] = [];
  const count = Math.floor(perSecond * seconds);
  for (let n = 0; n < count;) {
    for (; n < count && startMs + (n * 1000) / perSecond <= performance.now(); n += 1)
      all.push(send(lines[n % lines.length] ?? '', startMs + (n * 1000) / perSecond));
    await sleep(1);
  }
  await Promise.all(all);
  await pool.close();
  latencies.sort((a, b) => a - b);
  const quantile = (share: number): number => latencies[Math.ceil(latencies.length * share) - 1] ?? NaN;
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99), failed };
}

function requestOf(line: string): Dispatcher.RequestOptions {
  if (!line.startsWith('{')) return { method: 'GET', path: line };
  return { method: 'POST', path: '/index', headers: { 'content-type': 'application/json' }, body: line };
}
