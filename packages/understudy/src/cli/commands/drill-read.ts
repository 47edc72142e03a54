// The drill commands that only read: the catalogue of drills, and the results of runs.
import { Command } from 'commander';
import { catalogue, type Drill } from '../../drills/index.ts';
import { findRun, runHistory, verify } from '../../proof/index.ts';
import { action, withCommonOptions, type CommonOptions } from '../action.ts';
import { runsDirectory } from '../../operation/index.ts';
import { exitCode, type ExitCode, paint, print, printJson } from '../../terminal/index.ts';
import { renderHistory, renderVerdict } from '../render/drill.ts';
import { table } from '../render/table.ts';
import { exitOfResults } from './drill-run.ts';

export function drillListCommand(): Command {
  const command = new Command('list')
    .description('every drill with what it stands for and its goals')
    .addHelpText('after', '\nExamples:\n  understudy drill list\n  understudy drill list --json | jq -r ".[].name"');
  return withCommonOptions(command).action(
    // eslint-disable-next-line @typescript-eslint/require-await -- one shape for every command
    action(async (_context, options: CommonOptions) => {
      if (options.json === true) printJson(catalogue.map(describe));
      else print(renderCatalogue());
      return exitCode.yes;
    }),
  );
}

function describe({ name, group, summary, fault, goals, durations }: Drill): object {
  const { standsFor, doesNotMeasure } = fault;
  return { name, group, summary, standsFor, doesNotMeasure, goals, durations };
}

function renderCatalogue(): string {
  const within = (ms: number | null): string => (ms === null ? '-' : `${ms / 1000} s`);
  const rows = catalogue.map(({ name, summary, goals }) => [
    paint.cyan(name),
    within(goals.longestWriteGapMs),
    within(goals.longestReadGapMs),
    summary,
  ]);
  return table([['drill', 'write gap', 'read gap', 'what happens'].map((head) => paint.bold(head)), ...rows], '');
}

const verifyExamples = `
Examples:
  understudy drill verify 20261124T070000Z-search-stop
  understudy drill verify ./copied/20261124T070000Z-search-stop

Exit codes: 0 PASS and unchanged, 1 FAIL, 2 INVALID, ABORTED or changed, 64 no such run.`;

export function drillVerifyCommand(): Command {
  const command = new Command('verify')
    .description('derive the verdict of a run again from its records; refuses a folder that was changed')
    .argument('<run>', 'name of a run, from any directory, or the path of its folder')
    .addHelpText('after', verifyExamples);
  return withCommonOptions(command).action(
    action(async (_context, options: CommonOptions, run = ''): Promise<ExitCode> => {
      const directory = await findRun(runsDirectory(), run);
      const verdict = await verify(directory);
      if (options.json === true) printJson(verdict);
      else print(renderVerdict(verdict, directory));
      return exitOfResults([verdict.result]);
    }),
  );
}

export function drillHistoryCommand(): Command {
  const command = new Command('history')
    .description('runs over time, compared')
    .argument('[drill...]', 'only these drills')
    .addHelpText(
      'after',
      '\nExamples:\n  understudy drill history\n  understudy drill history search-power-cut --json',
    );
  return withCommonOptions(command).action(
    action(async (_context, options: CommonOptions, ...drills) => {
      const history = await runHistory(runsDirectory(), drills);
      if (options.json === true) printJson(history);
      else print(renderHistory(history));
      return exitCode.yes;
    }),
  );
}
