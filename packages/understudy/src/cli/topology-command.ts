// What every command on a topology shares: the file argument, `--target`, and a session around the body.
import type { Command } from 'commander';
import {
  lockOperation,
  defaultTopologyPath,
  locksDirectory,
  openSession,
  type Session,
  type ExitCode,
} from '../operation/index.ts';
import { systemClock } from '@understudy/foundation';
import { action, withCommonOptions, type CommonOptions, type Context } from './action.ts';
import { targetNames } from '../topology/index.ts';

export interface TargetOptions extends CommonOptions {
  readonly target?: string;
}

/** Adds `--target` and the options of every command. */
export function withTarget(command: Command): Command {
  return withCommonOptions(command).option(
    '--target <name>',
    `where: ${targetNames.join(' or ')} (default: UNDERSTUDY_TARGET, else the lab)`,
  );
}

export interface TopologyContext extends Context {
  readonly session: Session;
  readonly topologyPath: string;
}

/** A command `NAME [topology]` whose body gets an open session. */
export function topologyCommand<Options extends TargetOptions>(
  command: Command,
  body: (context: TopologyContext, options: Options) => Promise<ExitCode>,
): Command {
  return withTarget(command.argument('[topology]', 'topology file', defaultTopologyPath)).action(
    action((context, options: Options, topologyPath = defaultTopologyPath) =>
      inSession(context, options, topologyPath, (topologyContext) => body(topologyContext, options)),
    ),
  );
}

export interface TopologyOptions extends TargetOptions {
  readonly topology: string;
}

/** For commands whose arguments are something else: the topology is `-t`. */
export function withTopologyOption(command: Command): Command {
  return withTarget(command.option('-t, --topology <file>', 'topology file', defaultTopologyPath));
}

/** The action of such a command: its body gets an open session and the words of the command line. */
export function withSession<Options extends TopologyOptions>(
  body: (context: TopologyContext, options: Options, ...words: string[]) => Promise<ExitCode>,
): (...received: unknown[]) => Promise<void> {
  return action((context, options: Options, ...words) =>
    inSession(context, options, options.topology, (topologyContext) => body(topologyContext, options, ...words)),
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

/** Runs `body` under the topology's lock: apply, destroy and drills never overlap. Error: `operation-locked`. */
export async function locked<Result>(session: Session, reason: string, body: () => Promise<Result>): Promise<Result> {
  const lock = await lockOperation({
    directory: locksDirectory(),
    name: `${session.target.name}-${session.topology.name}`,
    reason,
    clock: systemClock,
  });
  try {
    return await body();
  } finally {
    await lock.release();
  }
}
