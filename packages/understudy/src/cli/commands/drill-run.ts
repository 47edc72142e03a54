// `understudy drill run`: one drill after the other, each with its verdict; never two at once.
import { Command, InvalidArgumentError } from 'commander';
import {
  catalogue,
  drillsNamed,
  planRun,
  runDrill,
  usual,
  type Drill,
  type SystemUnderTest,
  type RunOptions,
  type RunResult,
  openSystemUnderTest,
} from '../../drills/index.ts';
import type { Result } from '../../proof/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import { exitCode, type ExitCode, ask, print, printError, printJson, printProgress } from '../../terminal/index.ts';
import { renderDryRun, renderRuns, renderVerdict } from '../render/drill.ts';
import { sessionCommand, type TopologyContext, type TopologyOptions } from '../topology-command.ts';
import { locked } from '../../operation/index.ts';

const examples = `
Examples:
  understudy drill run search-kill-master -t topology.yaml
  understudy drill run search-kill-master topology.yaml      the same
  understudy drill run search-power-cut --repeat 9 --json
  understudy drill run --all
  understudy drill run --group service --fault-seconds 20
  understudy drill run search-partition --dry-run

Ctrl-C undoes the fault before it ends. Exit codes: 0 every verdict is PASS, 1 a FAIL, 2 INVALID, ABORTED, or a
drill that could not be run: none is tried after it, and the verdicts before it are printed.`;

interface DrillRunOptions extends TopologyOptions {
  readonly all?: boolean;
  readonly group?: string;
  readonly repeat: number;
  readonly seed?: number;
  readonly steadySeconds?: number;
  readonly faultSeconds?: number;
  readonly recoverySeconds?: number;
  readonly rate?: number;
  readonly keepDocuments?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** A drill that could not be run, after which no other is tried. */
interface Stopped {
  readonly drill: string;
  readonly error: UnderstudyError;
}

interface Runs<Result> {
  readonly results: readonly Result[];
  readonly stopped?: Stopped;
}

export function drillRunCommand(): Command {
  const command = new Command('run')
    .description('run drills by name, by group, or all')
    .argument(
      '[name...]',
      'drills, see `drill list`; a word that ends in .yaml, .yml or .json or has a slash is the topology',
    )
    .option('--all', 'every drill of the catalogue, but those of the group secure, which exchange keys')
    .option('--group <group>', `every drill of a group: ${groups().join(', ')}`)
    .option('--repeat <n>', 'run each drill this many times, and show worst and median', wholeNumber(1, 1000), 1)
    .option('--seed <n>', 'seed of the phase jitter and of choices among equal targets', wholeNumber(0, 2 ** 31 - 1))
    .option('--steady-seconds <s>', 'load before the fault', wholeNumber(2, 3600))
    .option('--fault-seconds <s>', 'how long the fault lasts', wholeNumber(1, 3600))
    .option('--recovery-seconds <s>', 'bound on the wait for recovery', wholeNumber(5, 3600))
    .option('--rate <n>', 'writes and gets a second, each; half as many searches (default 30)', wholeNumber(1, 1000))
    .option('--keep-documents', "leave the run's documents in the index")
    .option('--dry-run', 'show the plan of each run, and do nothing')
    .option('-y, --yes', 'do not ask outside the lab')
    .addHelpText('after', examples);
  return sessionCommand(command, 'names', async (context, options: DrillRunOptions, ...names) => {
    const drills = chosen(names, options);
    const world = await openSystemUnderTest(context.session, context.topologyPath);
    if (options.dryRun === true) return showPlans(world, drills, options);
    if (!(await confirmed(context, options))) return exitCode.no;
    const reason = `drill ${drills.map(({ name }) => name).join(' ')}`;
    const { results, stopped } = await locked(context.session, reason, () => runAll(context, world, drills, options));
    if (options.json === true) printJson([...results.map(shownRun), ...(stopped ? [shownStop(stopped)] : [])]);
    else if (results.length > 1) print(renderRuns(results));
    if (stopped) printError(stopped.error, options);
    return stopped ? exitCode.unknown : exitOfResults(results.map(({ verdict }) => verdict.result));
  });
}

function groups(): string[] {
  return [...new Set(catalogue.map(({ group }) => group))];
}

function chosen(names: readonly string[], options: DrillRunOptions): readonly Drill[] {
  if (options.all === true) return usual;
  if (options.group !== undefined) {
    const drills = catalogue.filter(({ group }) => group === options.group);
    if (drills.length > 0) return drills;
    throw new UnderstudyError('cli-usage', `--group: saw '${options.group}'; allowed ${groups().join(', ')}.`);
  }
  if (names.length > 0) return drillsNamed(names);
  throw new UnderstudyError(
    'cli-usage',
    'No drill is named. Name some (understudy drill list), or use --group or --all.',
  );
}

function runOptions(options: DrillRunOptions): RunOptions {
  const { steadySeconds, faultSeconds, recoverySeconds, seed, rate, keepDocuments } = options;
  return {
    durations: {
      ...(steadySeconds === undefined ? {} : { steadyMs: steadySeconds * 1000 }),
      ...(faultSeconds === undefined ? {} : { faultMs: faultSeconds * 1000 }),
      ...(recoverySeconds === undefined ? {} : { recoveryMs: recoverySeconds * 1000 }),
    },
    ...(seed === undefined ? {} : { seed }),
    ...(rate === undefined ? {} : { ratePerS: { index: rate, get: rate, search: rate / 2 } }),
    ...(keepDocuments === undefined ? {} : { keepDocuments }),
  };
}

function showPlans(world: SystemUnderTest, drills: readonly Drill[], options: DrillRunOptions): ExitCode {
  const plans = drills.map((drill) => planRun(world, drill, runOptions(options)));
  if (options.json === true) printJson(plans);
  else print(plans.map((plan) => renderDryRun(plan)).join('\n\n'));
  return exitCode.yes;
}

/** Outside the lab the name of the system has to be typed, because it may have users. */
async function confirmed({ session }: TopologyContext, options: DrillRunOptions): Promise<boolean> {
  const { target, topology } = session;
  if (!target.production || options.yes === true) return true;
  const question = `This breaks ${topology.name} on ${target.name} on purpose. Type its name to go on: `;
  if ((await ask(question)) === topology.name) return true;
  printProgress('Nothing was changed. --yes answers the question in advance.');
  return false;
}

async function runAll(
  { signal }: TopologyContext,
  world: SystemUnderTest,
  drills: readonly Drill[],
  options: DrillRunOptions,
): Promise<Runs<RunResult>> {
  const runs = drills.flatMap((drill) => Array.from({ length: options.repeat }, (_, run) => ({ drill, run })));
  return await untilOneCannot(runs, signal, async ({ drill, run }) => {
    const seed = options.seed === undefined ? {} : { seed: options.seed + run };
    const result = await runDrill(world, drill, { ...runOptions(options), ...seed, signal });
    const text = renderVerdict(result.verdict, result.directory);
    if (options.json === true) printProgress(text);
    else print(text);
    return result;
  });
}

/** Runs one after the other, until one cannot be run: what was proved before it is a result all the same. */
export async function untilOneCannot<Run extends { readonly drill: Pick<Drill, 'name'> }, Result>(
  runs: readonly Run[],
  signal: AbortSignal,
  runOne: (run: Run) => Promise<Result>,
): Promise<Runs<Result>> {
  const results: Result[] = [];
  const interrupted = (): boolean => signal.aborted;
  for (const run of runs) {
    if (interrupted()) break;
    try {
      results.push(await runOne(run));
    } catch (error) {
      if (!(error instanceof UnderstudyError) || interrupted() || results.length === 0) throw error;
      return { results, stopped: { drill: run.drill.name, error } };
    }
  }
  return { results };
}

function shownRun({ verdict, directory }: RunResult): object {
  return { ...verdict, directory };
}

function shownStop({ drill, error: { code, message, facts } }: Stopped): object {
  return { drill, error: { code, message, facts } };
}

export function exitOfResults(results: readonly Result[]): ExitCode {
  if (results.includes('FAIL')) return exitCode.no;
  return results.every((result) => result === 'PASS') ? exitCode.yes : exitCode.unknown;
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`allowed: a whole number from ${least} to ${most}.`);
  };
}
