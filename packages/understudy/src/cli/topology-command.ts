// What every command on a topology shares: the topology, `--target`, and a session around the body.
import type { Command } from 'commander';
import { openSession, type Session } from '../operation/index.ts';
import type { ExitCode } from '../terminal/index.ts';
import { action, withCommonOptions, type CommonOptions, type Context } from './action.ts';
import { defaultTopologyPath, splitWords, type OtherWords } from './topology-words.ts';
import { targetNames } from '../topology/index.ts';

export interface TargetOptions extends CommonOptions {
  readonly target?: string;
}

/** Adds `--target` and the options of every command. */
function withTarget(command: Command): Command {
  return withCommonOptions(command).option(
    '--target <name>',
    `where: ${targetNames.join(' or ')} (default: UNDERSTUDY_TARGET, else the lab)`,
  );
}

export interface TopologyContext extends Context {
  readonly session: Session;
  readonly topologyPath: string;
}

/** Adds `-t, --topology`; every command with a topology takes it as this option or as a word. */
export function withTopologyOption(
  command: Command,
  what = `topology file (default: ${defaultTopologyPath})`,
): Command {
  return withTarget(command.option('-t, --topology <file>', what));
}

export interface TopologyOptions extends TargetOptions {
  readonly topology?: string;
}

/** A command `NAME [topology]` whose body gets an open session. */
export function topologyCommand<Options extends TopologyOptions>(
  command: Command,
  body: (context: TopologyContext, options: Options) => Promise<ExitCode>,
): Command {
  return sessionCommand(command, 0, (context, options: Options) => body(context, options));
}

/** A command with further words. Its body gets an open session and those words. */
export function sessionCommand<Options extends TopologyOptions>(
  command: Command,
  expected: OtherWords,
  body: (context: TopologyContext, options: Options, ...words: string[]) => Promise<ExitCode>,
): Command {
  const taken = expected === 'names' ? command : command.argument('[topology]', 'topology file; the same as -t');
  return withTopologyOption(taken).action(
    action((context, options: Options, ...words) => {
      const { topologyPath = defaultTopologyPath, others } = splitWords(words, options.topology, expected);
      return inSession(context, options, topologyPath, (topologyContext) => body(topologyContext, options, ...others));
    }),
  );
}

/**
 * A command whose words are not split: they may be a command line for a machine, in which a word that ends in .yaml is no topology. The
 * topology is an option alone.
 */
export function freeWordsCommand<Options extends TopologyOptions>(
  command: Command,
  body: (context: TopologyContext, options: Options, ...words: string[]) => Promise<ExitCode>,
): Command {
  return withTopologyOption(command).action(
    action((context, options: Options, ...words) =>
      inSession(context, options, options.topology ?? defaultTopologyPath, (topologyContext) =>
        body(topologyContext, options, ...words),
      ),
    ),
  );
}

async function inSession(
  context: Context,
  options: TargetOptions,
  topologyPath: string,
  body: (context: TopologyContext) => Promise<ExitCode>,
): Promise<ExitCode> {
  await using session = await openSession({ topologyPath, target: options.target, logger: context.logger });
  return await body({ ...context, session, topologyPath });
}
