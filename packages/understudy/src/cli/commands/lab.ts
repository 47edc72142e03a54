// `understudy lab ...`: a small Linode region on this machine.
import { spawnSync } from 'node:child_process';
import { Command, Option } from 'commander';
import {
  labDown,
  labLogs,
  labPowerCut,
  labPowerOn,
  labReset,
  labShellCommand,
  labStatus,
  labUp,
} from '@understudy/lab';
import { action, withCommonOptions, type CommonOptions } from '../action.ts';
import { engineNames, type Engine } from '../../engines/index.ts';
import { cacheDirectory } from '../../operation/index.ts';
import { exitCode, type ExitCode, confirm, print, printJson } from '../../terminal/index.ts';
import { renderLabStatus } from '../render/lab.ts';

const examples = `
Examples:
  understudy lab up                          start it (or find it running); needs root
  understudy lab up --engine opensearch      the same, with OpenSearch's package ready instead of Elasticsearch's
  understudy lab power-cut demo-search-1     cut one machine's power: no FIN or RST is sent
  understudy lab power-on demo-search-1
  understudy lab shell demo-service-1        a root shell inside the machine
  understudy lab shell demo-service-1 'uptime; df -h /'
  understudy lab down --yes                  remove every machine, mount, bridge and process of it`;

interface YesOption extends CommonOptions {
  readonly yes?: boolean;
}

export function labCommand(): Command {
  const lab = new Command('lab')
    .enablePositionalOptions()
    .description('a small Linode region on this machine, made of real systemd machines')
    .addHelpText('after', examples);
  lab.addCommand(upCommand());
  lab.addCommand(downCommand());
  lab.addCommand(statusCommand());
  lab.addCommand(resetCommand());
  lab.addCommand(logsCommand());
  lab.addCommand(powerCommand('power-cut', 'cut the power of a machine', labPowerCut));
  lab.addCommand(powerCommand('power-on', 'boot a machine that is off', labPowerOn));
  lab.addCommand(shellCommand());
  return lab;
}

function upCommand(): Command {
  const engine = new Option('--engine <name>', 'whose package is built first; apply builds any other that it needs')
    .choices(engineNames)
    .default(engineNames[0]);
  const command = new Command('up')
    .description('start the lab, building what it needs the first time')
    .addOption(engine);
  return withCommonOptions(command).action(
    action(async ({ logger, signal }, options: CommonOptions & { readonly engine: Engine }) => {
      const status = await labUp({ cacheDirectory: cacheDirectory(), logger, signal, engine: options.engine });
      if (options.json === true) printJson(status);
      else print(renderLabStatus(status));
      return exitCode.yes;
    }),
  );
}

function downCommand(): Command {
  const command = new Command('down')
    .description('remove the lab with everything in it')
    .option('-y, --yes', 'do not ask');
  return withCommonOptions(command).action(
    action(async ({ logger }, options: YesOption): Promise<ExitCode> => {
      if (!(await confirm('Remove the lab and every machine in it?', options.yes))) return exitCode.no;
      await labDown({ logger });
      return exitCode.yes;
    }),
  );
}

function statusCommand(): Command {
  return withCommonOptions(new Command('status').description('what runs in the lab')).action(
    action(async (_context, options: CommonOptions): Promise<ExitCode> => {
      const status = await labStatus();
      if (options.json === true) printJson(status);
      else print(renderLabStatus(status));
      return status.running ? exitCode.yes : exitCode.no;
    }),
  );
}

function resetCommand(): Command {
  const command = new Command('reset')
    .description('remove every object of the region; the lab stays up')
    .option('-y, --yes', 'do not ask');
  return withCommonOptions(command).action(
    action(async ({ logger }, options: YesOption): Promise<ExitCode> => {
      if (!(await confirm('Remove every machine, network and balancer in the lab?', options.yes))) return exitCode.no;
      await labReset({ logger });
      return exitCode.yes;
    }),
  );
}

function logsCommand(): Command {
  const command = new Command('logs')
    .description("the daemon's log, or the console of a machine")
    .argument('[machine]', 'label of a machine');
  return withCommonOptions(command).action(
    action(async (_context, _options: CommonOptions, machine?: string) => {
      print((await labLogs(machine)).trimEnd());
      return exitCode.yes;
    }),
  );
}

function powerCommand(name: string, description: string, power: (label: string) => Promise<void>): Command {
  const command = new Command(name).description(description).argument('<machine>', 'label of a machine');
  return withCommonOptions(command).action(
    action(async ({ logger }, _options: CommonOptions, machine = '') => {
      await power(machine);
      logger({ level: 'info', subject: machine, text: name === 'power-cut' ? 'has no power' : 'is booting' });
      return exitCode.yes;
    }),
  );
}

function shellCommand(): Command {
  const command = new Command('shell')
    .description('a root shell in a machine, or one command line in it, as ssh takes it')
    .argument('<machine>', 'label of a machine')
    .argument('[command...]', 'run this instead of a shell')
    .passThroughOptions();
  return command.action(
    action(async (_context, _options: CommonOptions, machine = '', ...words) => {
      const line = (words[0] === '--' ? words.slice(1) : words).join(' ');
      // As ssh does: the words are one line, and a shell on the machine reads it.
      const inside = line === '' ? [] : ['/bin/bash', '-c', line];
      const [program = '', ...rest] = await labShellCommand(machine, inside);
      const result = spawnSync(program, rest, { stdio: 'inherit' });
      return (result.status ?? exitCode.unknown) as ExitCode;
    }),
  );
}
