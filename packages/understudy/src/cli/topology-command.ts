// What every command on a topology shares: the file argument, `--target`, and a session around the body.
import type { Command } from 'commander';
import { lockOperation } from '../status/index.ts';
import { systemClock } from '../ground/index.ts';
import { action, withCommonOptions, type CommonOptions, type Context } from './action.ts';
import type { ExitCode } from './exit-code.ts';
import { defaultTopologyPath, locksDirectory, openSession, type Session } from './session.ts';
import { targetNames } from './target.ts';

export interface TargetOptions extends CommonOptions {
  readonly target?: string;
}

export function withTarget(command: Command): Command {
  return withCommonOptions(command).option(
    '--target <name>',
    `where: ${targetNames.join(' or ')} (default: UNDERSTUDY_TARGET, else the running lab)`,
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
    action(async (context, options: Options, topologyPath = defaultTopologyPath) => {
      await using session = await openSession({ topologyPath, target: options.target, logger: context.logger });
      return await body({ ...context, session, topologyPath }, options);
    }),
  );
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
