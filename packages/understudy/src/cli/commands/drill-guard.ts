// `understudy drill undo` and the guard behind it: what a run that was cut short left open is undone.
import { once } from 'node:events';
import { Command } from 'commander';
import { guardRun, undoRun, openSystemUnderTest } from '../../drills/index.ts';
import { exitCode, type ExitCode } from '../../operation/index.ts';
import { withSession, withTopologyOption, type TopologyOptions } from '../topology-command.ts';
import { print } from '../terminal.ts';

/** The timers on the targets go first: they are nearer. */
const afterTheTimersMs = 1000;

export function drillUndoCommand(): Command {
  const command = new Command('undo')
    .description('undo what a run that was cut short left open; safe to repeat')
    .argument('<directory>', 'run folder')
    .addHelpText(
      'after',
      '\nExamples:\n  understudy drill undo ~/.local/state/understudy/runs/20261124T070000Z-search-partition',
    );
  return withTopologyOption(command).action(
    withSession(async ({ session, topologyPath }, _options: TopologyOptions, directory = ''): Promise<ExitCode> => {
      const undone = await undoRun(await openSystemUnderTest(session, topologyPath), directory);
      print(undone ? 'Undone, and seen to be undone.' : 'Nothing was open.');
      return exitCode.yes;
    }),
  );
}

/** Started by a drill beside itself, not by people: waits until its stdin ends, then undoes. */
export function drillGuardCommand(): Command {
  const command = new Command('guard').argument('<directory>', 'run folder');
  return withTopologyOption(command).action(
    withSession(async ({ session, topologyPath }, _options: TopologyOptions, directory = ''): Promise<ExitCode> => {
      const world = await openSystemUnderTest(session, topologyPath);
      // Ctrl-C reaches the tool, which undoes by itself; the guard only minds a tool that cannot.
      process.on('SIGINT', () => undefined);
      const toolGone = once(process.stdin.resume(), 'close');
      print('watching');
      await guardRun(world, directory, { toolGone, afterMs: afterTheTimersMs });
      return exitCode.yes;
    }),
  );
}
