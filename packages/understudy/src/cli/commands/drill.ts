// `understudy drill ...`: injects faults, measures, and verifies that no acknowledged write is lost.
import { Command } from 'commander';
import { drillGuardCommand, drillUndoCommand } from './drill-guard.ts';
import { drillHoldCommand } from './drill-hold.ts';
import { drillHistoryCommand, drillListCommand, drillVerifyCommand } from './drill-read.ts';
import { drillRunCommand } from './drill-run.ts';

const examples = `
Examples:
  understudy drill list
  understudy drill run search-kill-master service-kill -t topology.yaml
  understudy drill run --group search --repeat 3
  understudy drill verify 20261124T070000Z-search-stop`;

export function drillCommand(): Command {
  const drill = new Command('drill')
    .description('real faults under load, with a check that no acknowledged write was lost')
    .addHelpText('after', examples);
  for (const command of [
    drillListCommand(),
    drillRunCommand(),
    drillVerifyCommand(),
    drillHistoryCommand(),
    drillUndoCommand(),
  ]) {
    drill.addCommand(command);
  }
  return drill.addCommand(drillGuardCommand(), { hidden: true }).addCommand(drillHoldCommand(), { hidden: true });
}
