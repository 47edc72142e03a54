// One measurement: wrk against one service for some seconds.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface Sample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were no 2xx or 3xx, and connections that broke. */
  readonly failed: number;
}

const script = fileURLToPath(new URL('load.lua', import.meta.url));

/** `requestsPath`: a file with a request on each line, as load.lua reads it. */
export async function measure(
  url: string,
  requestsPath: string,
  connections: number,
  seconds: number,
): Promise<Sample> {
  const { stdout } = await promisify(execFile)(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}`, '--timeout', '30', '-s', script, url],
    { env: { ...process.env, REQUESTS: requestsPath } },
  ).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('wrk is not installed: apt-get install wrk', { cause: error });
  });
  const line = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (line === undefined) throw new Error(`wrk said something else:\n${stdout}`);
  const { requests, micros, p50Us, p99Us, bad, broken } = JSON.parse(line) as Record<string, number>;
  return {
    perSecond: ((requests as number) * 1e6) / (micros as number),
    p50Ms: (p50Us as number) / 1000,
    p99Ms: (p99Us as number) / 1000,
    failed: (bad as number) + (broken as number),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = NaN, high = NaN] = sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1);
  return (low + high) / 2;
}
