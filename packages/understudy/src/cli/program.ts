// Assembles the commands. Separate from main.ts so that tests can read the help without running a command.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { exitCode } from '../terminal/index.ts';
import { accessCommand } from './commands/access.ts';
import { applyCommand } from './commands/apply.ts';
import { completeCommand, completionCommand } from './commands/completion.ts';
import { destroyCommand } from './commands/destroy.ts';
import { drillCommand } from './commands/drill.ts';
import { initCommand } from './commands/init.ts';
import { keysCommand } from './commands/keys.ts';
import { labCommand } from './commands/lab.ts';
import { logsCommand } from './commands/logs.ts';
import { planCommand } from './commands/plan.ts';
import { releaseCommand, restartCommand } from './commands/release.ts';
import { runCommand } from './commands/run.ts';
import { schemaCommand } from './commands/schema.ts';
import { secureCommand } from './commands/secure.ts';
import { sshCommand } from './commands/ssh.ts';
import { statusCommand } from './commands/status.ts';

const epilogue = `
Start here:
  understudy init > topology.yaml          write an example topology, commented
  understudy lab up                        a small Linode region on this machine (root)
  understudy apply topology.yaml           create it
  understudy drill run search-kill-master topology.yaml

The topology is a word of the command or -t, --topology; topology.yaml when none is named.

Exit codes: 0 yes, 1 no (drift found, drill failed, degraded), 2 unknown, 64 bad usage or file, 70 internal error.`;

/** This tool's version, from its package.json. */
function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

/** The whole program. Wrong usage exits 64, help and version exit 0. */
export function buildProgram(): Command {
  const program = new Command('understudy')
    .description('Keeps a search cluster and its application serving when machines fail on Linode, and tests it.')
    .version(version())
    .enablePositionalOptions()
    .addHelpText('after', epilogue)
    .showSuggestionAfterError()
    .showHelpAfterError('(--help shows the usage, with examples)')
    .configureHelp({ sortSubcommands: false });
  for (const command of [
    initCommand(),
    schemaCommand(),
    planCommand(),
    applyCommand(),
    statusCommand(),
    logsCommand(),
    runCommand(),
    sshCommand(),
    releaseCommand(),
    restartCommand(),
    keysCommand(),
    accessCommand(),
    secureCommand(),
    destroyCommand(),
    drillCommand(),
    labCommand(),
    completionCommand(),
  ]) {
    program.addCommand(command);
  }
  program.addCommand(completeCommand(program), { hidden: true });
  exitAsUsage(program);
  return program;
}

/** Commander exits 1 on wrong usage; this product exits 64. Help and version stay 0. */
function exitAsUsage(command: Command): void {
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? exitCode.yes : exitCode.usage));
  for (const child of command.commands) exitAsUsage(child);
}
