// One measurement: wrk against one service for some seconds.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cpuMs } from './cpu.ts';

export interface Sample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were no 2xx or 3xx, and connections that broke. */
  readonly failed: number;
  /** Processor time per request, of the service and of the engine. */
  readonly serviceCpuUs: number;
  readonly engineCpuUs: number;
}

export interface Target {
  readonly url: string;
  readonly servicePids: readonly number[];
  readonly enginePids: readonly number[];
}

const script = fileURLToPath(new URL('./load.lua', import.meta.url));

/** `requestsPath`: a file with a request on each line, as load.lua reads it. */
export async function measure(
  target: Target,
  requestsPath: string,
  connections: number,
  seconds: number,
): Promise<Sample> {
  const usage = () => Promise.all([cpuMs(target.servicePids), cpuMs(target.enginePids)]);
  const [serviceBefore, engineBefore] = await usage();
  const { stdout } = await promisify(execFile)(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}`, '--timeout', '30', '-s', script, target.url],
    { env: { ...process.env, REQUESTS: requestsPath } },
  ).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('wrk is not installed: apt-get install wrk', { cause: error });
  });
  const [serviceAfter, engineAfter] = await usage();
  const line = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (line === undefined) throw new Error(`wrk printed no line RESULT:\n${stdout}`);
  const { requests, micros, p50Us, p99Us, bad, broken } = JSON.parse(line) as Record<string, number>;
  return {
    perSecond: ((requests as number) * 1e6) / (micros as number),
    p50Ms: (p50Us as number) / 1000,
    p99Ms: (p99Us as number) / 1000,
    failed: (bad as number) + (broken as number),
    serviceCpuUs: ((serviceAfter - serviceBefore) * 1000) / (requests as number),
    engineCpuUs: ((engineAfter - engineBefore) * 1000) / (requests as number),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = NaN, high = NaN] = sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1);
  return (low + high) / 2;
}
