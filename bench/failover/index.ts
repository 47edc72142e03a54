// Write outages of stock against safe against fast, and of the article's own stack beside them, on one lab.
import { parseArgs } from 'node:util';
import { exitCode } from '../../packages/understudy/src/terminal/index.ts';
import { drillsNamed, runDrill, type Drill, type RunOptions } from '../../packages/understudy/src/drills/index.ts';
import { chosen, wholeNumber, type CommandContext, type ResultFile } from './command.ts';
import { carryOut, commonOptions, main } from './measure.ts';
import { outageOf, ratioOf, summarize, type OutageRun } from './outage.ts';
import { stacks, type Stack } from './stacks.ts';
import { outageTable, seconds, setAside } from './table.ts';

const help = `bench/failover: how long writes stop when a search machine fails, for each stack, in one lab.

  node --conditions=understudy-source bench/failover/index.ts [options]

  --profiles LIST   stacks, in this order (default ${stacks.map(({ name }) => name).join(',')})
  --drills LIST     drills (default search-power-cut); also search-kill-master, search-pause, search-partition
  --repeat N        runs of each (default 3): worst and median are shown
  --rate N          writes a second (default 12), half as many gets, a third as many searches
  --json            the result as JSON on stdout
  --from FILES      merge what --json wrote before, and measure nothing; separated by commas
  --keep            keep the last system, for the next call on the same stack
  --runs DIR        keep the run folders there

Examples:
  bench/failover/index.ts                                            everything, about 45 minutes
  bench/failover/index.ts --profiles fast,stock --repeat 1
  bench/failover/index.ts --profiles stock --json > stock.json       one stack now,
  bench/failover/index.ts --profiles fast --json > fast.json         another later,
  bench/failover/index.ts --from stock.json,fast.json                and both in one table

It needs root and this machine to itself. It starts a lab when none runs, and removes what it made; Ctrl-C too.
Exit codes: 0 stock : fast is at least 15, 1 it is less, 2 not both were measured.`;

/** Writes, half as many gets, a third as many searches. */
function load(writesPerS: number): NonNullable<RunOptions['ratePerS']> {
  return { index: writesPerS, get: writesPerS / 2, search: writesPerS / 3 };
}

const leastRatio = 15;
const ratioDrill = 'search-power-cut';

const { values } = parseArgs({
  options: {
    profiles: { type: 'string', default: stacks.map(({ name }) => name).join(',') },
    drills: { type: 'string', default: ratioDrill },
    repeat: { type: 'string', default: '3' },
    rate: { type: 'string', default: '12' },
    ...commonOptions,
  },
});

async function measure(context: CommandContext): Promise<ResultFile<OutageRun>> {
  const asked = chosen('--profiles', values.profiles, stacks);
  const drills = drillsNamed(values.drills.split(','));
  const writesPerS = wholeNumber('--rate', values.rate);
  return await carryOut(context, {
    stacks: asked,
    cases: drills,
    repeat: values.repeat,
    keep: values.keep,
    runsDirectory: values.runs,
    measure: async (world, stack, drill) => {
      const options = { ...runOptions(stack, context.signal), ratePerS: load(writesPerS) };
      const result = await runDrill(world, withoutBudget(drill), options);
      const run = await outageOf({ stack: stack.name, drill: drill.name, writesPerS }, result);
      return { run, said: `write gap ${seconds(run.writeGapMs)}, ${run.failed} failed, lost ${run.lost}` };
    },
  });
}

/** Requests to the slow stacks are expected to fail; stopping the run would hide how long. */
function withoutBudget(drill: Drill): Drill {
  return { ...drill, errorBudget: null };
}

function runOptions({ faultMs }: Stack, signal: AbortSignal): RunOptions {
  return {
    durations: { steadyMs: 10_000, faultMs, recoveryMs: 300_000 },
    // Latency counts from when a request was due: what the generator is behind makes an outage longer, never shorter.
    steady: { maxLagMs: 1_000 },
    signal,
  };
}

function show(result: ResultFile<OutageRun>): number {
  const summaries = summarize(result.runs);
  const ratios = (['stock', 'article'] as const).flatMap((of) => ratioOf(summaries, ratioDrill, of, 'fast') ?? []);
  for (const line of setAside(result.runs)) process.stderr.write(`${line}\n`);
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ ...result, summaries, ratios }, undefined, 2)}\n`
      : outageTable(result.host, summaries, ratios),
  );
  const ratio = ratios.find(({ of }) => of === 'stock');
  if (ratio === undefined || !result.complete) return exitCode.unknown;
  return ratio.medians >= leastRatio ? exitCode.yes : exitCode.no;
}

await main('failover', help, values, measure, show);
