// `understudy drill undo` and the guard process: both undo what an interrupted run left open.
import { once } from 'node:events';
import { Command } from 'commander';
import { guardRun, removeDocuments, undoRun, openSystemUnderTest } from '../../drills/index.ts';
import { runsDirectory } from '../../operation/index.ts';
import { findRun } from '../../proof/index.ts';
import { exitCode, type ExitCode, print } from '../../terminal/index.ts';
import { sessionCommand, type TopologyOptions } from '../topology-command.ts';

/** The guard waits this long, so that the timers on the targets act first. */
const afterTimersMs = 1000;

export function drillUndoCommand(): Command {
  const command = new Command('undo')
    .description('undo what an interrupted run left open, and remove its documents; safe to repeat')
    .argument('<run>', 'name of a run, from any directory, or the path of its folder')
    .addHelpText('after', '\nExamples:\n  understudy drill undo 20261124T070000Z-search-partition');
  return sessionCommand(
    command,
    1,
    async ({ session, topologyPath }, _options: TopologyOptions, run = ''): Promise<ExitCode> => {
      const directory = await findRun(runsDirectory(), run);
      const world = await openSystemUnderTest(session, topologyPath);
      const undone = await undoRun(world, directory);
      print(undone ? 'Undone and verified.' : 'Nothing was open.');
      const documents = await removeDocuments(world, directory);
      if (documents > 0) print(`The ${documents} documents of the run are removed.`);
      return exitCode.yes;
    },
  );
}

/** Started by a drill, not by people: waits until its stdin ends, then undoes. */
export function drillGuardCommand(): Command {
  const command = new Command('guard').argument('<directory>', 'run folder');
  return sessionCommand(
    command,
    1,
    async ({ session, topologyPath }, _options: TopologyOptions, directory = ''): Promise<ExitCode> => {
      const world = await openSystemUnderTest(session, topologyPath);
      // Ctrl-C reaches the tool, which undoes the fault itself; the guard acts only when the tool has ended.
      process.on('SIGINT', () => undefined);
      const toolGone = once(process.stdin.resume(), 'close');
      print('watching');
      await guardRun(world, directory, { toolGone, afterMs: afterTimersMs });
      return exitCode.yes;
    },
  );
}
