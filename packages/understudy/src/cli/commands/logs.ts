// `understudy logs`: what the service, its gateway and the engine wrote, on one machine or on all of them.
import { Command, InvalidArgumentError, Option } from 'commander';
import { machineByName, machinesByName, machinesWithLogs, readLogs, type LogRequest } from '../../operate/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import { exitCode, print, printProgress } from '../../terminal/index.ts';
import { logLineRenderer } from '../render/logs.ts';
import { sessionCommand, type TopologyContext, type TopologyOptions } from '../topology-command.ts';
import { momentBefore } from '../time-words.ts';

const examples = `
Examples:
  understudy logs                            the last lines of every machine, in the order of their times
  understudy logs search-2 --since 10m
  understudy logs --follow --unit service    until Ctrl-C
  understudy logs --since 1h --json | jq -r 'select(.machine == "demo-search-1") | .text'

On a search machine these are the journal and the engine's own files of today; what was compressed is left out.
--json prints one object a line: time, machine, unit, text.
Exit codes: 0 every machine was read, 2 one could not be reached, 64 no such machine.`;

interface LogsOptions extends TopologyOptions {
  readonly follow?: boolean;
  readonly since?: number;
  readonly lines?: number;
  readonly unit: LogRequest['units'];
}

/** Of each machine, when neither a time nor a number is given. */
const defaultLines = 50;

export function logsCommand(): Command {
  const command = new Command('logs')
    .description('logs of the service, its gateway and the engine, merged by time')
    .argument('[machine]', 'such as search-1, or the label in full; every machine when left out')
    .argument('[topology]', 'topology file; the same as -t')
    .option('-f, --follow', 'go on with what is written from now on, until Ctrl-C')
    .option('--since <time>', 'not older than: 90s, 10m, 2h, 1d, or 2026-11-24T07:00:00Z', momentBefore(Date.now()))
    .option('-n, --lines <n>', `the last so many of each machine (default: ${defaultLines}; all with --since)`, count)
    .addOption(new Option('--unit <unit>', 'whose').choices(['service', 'engine', 'gateway', 'all']).default('all'))
    .addHelpText('after', examples);
  return sessionCommand(command, 'names', logs);
}

async function logs(context: TopologyContext, options: LogsOptions, ...names: string[]): Promise<0 | 2> {
  const { session, signal } = context;
  const { topology, world } = session;
  const request = { ...requestOf(context, options, names), signal };
  const toText = logLineRenderer(request.machines);
  const lost = await readLogs(world, topology, request, {
    line: (line) => print(options.json === true ? JSON.stringify(line) : toText(line)),
    unreachable: ({ machine, reason }) => printProgress(`${machine}: not read: ${reason}`),
  });
  return lost.length === 0 ? exitCode.yes : exitCode.unknown;
}

/** Error: `cli-usage` for two machines, or one that does not run what is asked for. */
function requestOf(
  { session: { topology } }: TopologyContext,
  { follow = false, since, lines, unit }: LogsOptions,
  names: readonly string[],
): Omit<LogRequest, 'signal'> {
  const [name, other] = names;
  if (other !== undefined) {
    throw new UnderstudyError(
      'cli-usage',
      `two machines are named, ${names.join(' and ')}; name one, or none for all.`,
    );
  }
  const machines = name === undefined ? machinesByName(topology, 'all') : [machineByName(topology, name)];
  if (machinesWithLogs(topology, machines, unit).length === 0) {
    throw new UnderstudyError('cli-usage', `--unit: saw ${unit}, and ${name ?? topology.name} does not run it.`);
  }
  const bound = lines ?? (since === undefined ? defaultLines : undefined);
  return { machines, units: unit, follow, sinceMs: since, lines: bound };
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 1_000_000) return value;
  throw new InvalidArgumentError('allowed: a whole number from 0 to 1000000.');
}
