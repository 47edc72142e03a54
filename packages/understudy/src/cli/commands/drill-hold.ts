// `understudy drill hold`: not for people. The drill that kills the tool starts this copy of it, waits for the fault, and kills it.
import { Command } from 'commander';
import { drillsNamed, holdFault, openSystemUnderTest } from '../../drills/index.ts';
import { exitCode, type ExitCode } from '../../terminal/index.ts';
import { sessionCommand, type TopologyOptions } from '../topology-command.ts';

export function drillHoldCommand(): Command {
  const command = new Command('hold').argument('<name>', 'drill').argument('<directory>', 'run folder to write');
  return sessionCommand(
    command,
    2,
    async (context, _options: TopologyOptions, name = '', directory = ''): Promise<ExitCode> => {
      const world = await openSystemUnderTest(context.session, context.topologyPath);
      for (const drill of drillsNamed([name])) await holdFault(world, drill, directory, context.signal);
      return exitCode.yes;
    },
  );
}
