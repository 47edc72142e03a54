// Prints what each policy stack costs per call, in CPU time of this process, beside cockatiel and opossum.
// node --conditions=understudy-source bench/overhead/overhead.ts [--json] [--rounds 7] [--calls 100000]
import { parseArgs } from 'node:util';
import { stacks, type Stack } from './stacks.ts';

interface Row {
  readonly stack: string;
  readonly timer: boolean;
  /** Median CPU time of one call over the stub alone, microseconds. */
  readonly usPerCall: number;
  /** Against this client's stack with the same duty (with or without a timer). */
  readonly ratio: number;
}

const concurrency = 64;

async function cpuPerCall(stack: Stack, calls: number): Promise<number> {
  const worker = async (): Promise<void> => {
    for (let i = 0; i < calls / concurrency; i++) await stack.call();
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

async function measure(rounds: number, calls: number): Promise<readonly Row[]> {
  const all = stacks();
  const samples = all.map((): number[] => []);
  for (const stack of all) await cpuPerCall(stack, calls / 2);
  // Interleaved, so that a busy moment of the machine falls on every stack.
  for (let round = 0; round < rounds; round++) {
    for (const [i, stack] of all.entries()) samples[i]?.push(await cpuPerCall(stack, calls));
  }
  for (const stack of all) await stack.close?.();
  const [alone = 0, ...costs] = samples.map(median);
  const own = { without: (costs[0] ?? NaN) - alone, with: (costs[1] ?? NaN) - alone };
  return costs.map((cost, i) => {
    const stack = all[i + 1];
    const usPerCall = cost - alone;
    const timer = stack?.timer ?? false;
    return { stack: stack?.name ?? '', timer, usPerCall, ratio: usPerCall / (timer ? own.with : own.without) };
  });
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    calls: { type: 'string', default: '100000' },
  },
});
const rows = await measure(Number(values.rounds), Number(values.calls));
if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, rows })}\n`);
else {
  process.stdout.write(
    `CPU per call over the stub alone, median of ${values.rounds} interleaved rounds, Node ${process.version}\n`,
  );
  for (const { stack, usPerCall, ratio } of rows) {
    process.stdout.write(
      `${stack.padEnd(50)}${usPerCall.toFixed(2).padStart(8)} us${`${ratio.toFixed(1)}x`.padStart(8)}\n`,
    );
  }
}
