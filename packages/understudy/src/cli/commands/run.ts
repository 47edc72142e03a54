// `understudy run`: one shell line on one machine, on those of a role, or on all.
import { Command } from 'commander';
import { machinesByName, runEverywhere, type MachineRun } from '../../operate/index.ts';
import { exitCode, type ExitCode, print, printJson, printProgress } from '../../terminal/index.ts';
import { machinePrefix } from '../render/logs.ts';
import { freeWordsCommand, type TopologyOptions } from '../topology-command.ts';

const examples = `
Examples:
  understudy run search 'df -h /var/lib; uptime'
  understudy run all -t topology.yaml 'systemctl --failed --no-legend'
  understudy run service-1 'ss -tln' --json

The line runs as root, in the shell that root has there, on all machines at once. It is not confirmed: what it changes is yours.
Exit codes: 0 it succeeded everywhere, 1 it failed somewhere, 2 a machine could not be reached, 64 no such machine.`;

export function runCommand(): Command {
  const command = new Command('run')
    .description('run one shell line on machines, at once')
    .argument('<machines>', 'service, search or all, or one machine such as search-1')
    .argument('<line>', 'the shell line, as one word')
    .addHelpText('after', examples);
  return freeWordsCommand(command, async ({ session, signal }, options: TopologyOptions, where = '', line = '') => {
    const { world, topology } = session;
    const machines = machinesByName(topology, where);
    const before = machinePrefix(machines);
    const runs = await runEverywhere(world, topology, { machines, line, signal }, ({ machine, stream, text }) => {
      if (options.json === true) return;
      if (stream === 'stdout') print(`${before(machine)}${text}`);
      else printProgress(`${before(machine)}${text}`);
    });
    if (options.json === true) printJson({ schemaVersion: 1, runs });
    for (const run of runs) {
      if (run.unreachable !== null) printProgress(`${run.machine}: not run: ${run.unreachable}`);
      else if (run.code !== 0) printProgress(`${run.machine}: exit code ${run.code}`);
    }
    return exitOf(runs);
  });
}

function exitOf(runs: readonly MachineRun[]): ExitCode {
  if (runs.some(({ code }) => code !== null && code !== 0)) return exitCode.no;
  return runs.some(({ unreachable }) => unreachable !== null) ? exitCode.unknown : exitCode.yes;
}
