// `understudy drill undo` and the guard behind it: what a run that was cut short left open is undone.
import { once } from 'node:events';
import { Command } from 'commander';
import { guardRun, removeDocuments, undoRun, openSystemUnderTest } from '../../drills/index.ts';
import { exitCode, type ExitCode, print } from '../../terminal/index.ts';
import { sessionCommand, type TopologyOptions } from '../topology-command.ts';

/** The timers on the targets go first: they are nearer. */
const afterTheTimersMs = 1000;

export function drillUndoCommand(): Command {
  const command = new Command('undo')
    .description('undo what a run that was cut short left open, its documents too; safe to repeat')
    .argument('<directory>', 'run folder')
    .addHelpText(
      'after',
      '\nExamples:\n  understudy drill undo ~/.local/state/understudy/runs/20261124T070000Z-search-partition',
    );
  return sessionCommand(
    command,
    1,
    async ({ session, topologyPath }, _options: TopologyOptions, directory = ''): Promise<ExitCode> => {
      const world = await openSystemUnderTest(session, topologyPath);
      const undone = await undoRun(world, directory);
      print(undone ? 'Undone, and seen to be undone.' : 'Nothing was open.');
      const documents = await removeDocuments(world, directory);
      if (documents > 0) print(`The ${documents} documents of the run are removed.`);
      return exitCode.yes;
    },
  );
}

/** Started by a drill beside itself, not by people: waits until its stdin ends, then undoes. */
export function drillGuardCommand(): Command {
  const command = new Command('guard').argument('<directory>', 'run folder');
  return sessionCommand(
    command,
    1,
    async ({ session, topologyPath }, _options: TopologyOptions, directory = ''): Promise<ExitCode> => {
      const world = await openSystemUnderTest(session, topologyPath);
      // Ctrl-C reaches the tool, which undoes by itself; the guard only minds a tool that cannot.
      process.on('SIGINT', () => undefined);
      const toolGone = once(process.stdin.resume(), 'close');
      print('watching');
      await guardRun(world, directory, { toolGone, afterMs: afterTheTimersMs });
      return exitCode.yes;
    },
  );
}
