// What both failover benches do: options of the command line, and each case again and again on each stack in turn.
import type { SystemUnderTest } from '../../packages/understudy/src/drills/index.ts';
import {
  type BenchName,
  collected,
  command,
  mergeFiles,
  wholeNumber,
  type CommandContext,
  type ResultFile,
} from './command.ts';
import type { Stack } from './stacks.ts';
import { openSystems } from './system.ts';

/** Options of `parseArgs` that both benches have. */
export const commonOptions = {
  json: { type: 'boolean', default: false },
  from: { type: 'string' },
  keep: { type: 'boolean', default: false },
  runs: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export interface Measured<Run> {
  readonly run: Run;
  /** The result, as one line of progress. */
  readonly said: string;
}

export interface Campaign<Case, Run> {
  readonly stacks: readonly Stack[];
  readonly cases: readonly Case[];
  /** Runs of each, as it was given with `--repeat`. */
  readonly repeat: string;
  readonly keep: boolean;
  readonly runsDirectory: string | undefined;
  readonly measure: (world: SystemUnderTest, stack: Stack, one: Case) => Promise<Measured<Run>>;
}

/** Carries a campaign out, system by system. Errors: `cli-usage`, and whatever ends the first run. */
export async function carryOut<Case extends { readonly name: string }, Run>(
  context: CommandContext,
  { stacks, cases, repeat, keep, runsDirectory, measure }: Campaign<Case, Run>,
): Promise<ResultFile<Run>> {
  const { logger, signal } = context;
  const times = wholeNumber('--repeat', repeat);
  return await collected(context, async (runs: Run[]) => {
    await using systems = await openSystems({ logger, signal, keep, runsDirectory });
    for (const stack of stacks)
      await systems.with(stack, async (world) => {
        for (const one of cases)
          for (let time = 1; time <= times; time += 1) {
            signal.throwIfAborted();
            const { run, said } = await measure(world, stack, one);
            runs.push(run);
            logger({ level: 'info', subject: stack.name, text: `${one.name} ${time}/${times}: ${said}` });
          }
      });
  });
}

/** The whole command: help, or results of files, or a measurement, shown. */
export async function main<Run>(
  bench: BenchName,
  help: string,
  values: { readonly help: boolean; readonly from?: string | undefined },
  measure: (context: CommandContext) => Promise<ResultFile<Run>>,
  show: (result: ResultFile<Run>) => number,
): Promise<void> {
  if (values.help) return void process.stdout.write(`${help}\n`);
  const { from } = values;
  await command(bench, async (context) =>
    show(from === undefined ? await measure(context) : await mergeFiles<Run>(bench, from.split(','))),
  );
}
