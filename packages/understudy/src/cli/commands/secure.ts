// `understudy secure`: exchanging what a system is secured with.
import { resolve } from 'node:path';
import { Argument, Command } from 'commander';
import { trackUnfinished } from '@understudy/foundation';
import { rotateSshKey } from '../../operate/index.ts';
import { checkAccess, locked } from '../../operation/index.ts';
import { confirm, exitCode, print, printJson } from '../../terminal/index.ts';
import { sessionCommand, type TopologyOptions } from '../topology-command.ts';

interface RotateOptions extends TopologyOptions {
  readonly yes?: boolean;
}

export function secureCommand(): Command {
  return new Command('secure').description('exchange the keys of a system').addCommand(rotateCommand());
}

function rotateCommand(): Command {
  const command = new Command('rotate')
    .description('another key of the same kind, while users are served; the old one is refused afterwards')
    .addArgument(new Argument('<what>', "what is exchanged: the tool's SSH key for this system").choices(['ssh-keys']))
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
Examples:
  understudy secure rotate ssh-keys
  understudy secure rotate ssh-keys --yes -t topology.yaml

Every machine has to answer. Other operators lose their access: export it to them again, understudy access --help.
Keys in access.sshKeys are not touched: take one out there, and apply.

Exit codes: 0 exchanged, 1 declined, 2 not reached; then run it again.`,
    );
  return sessionCommand(command, 1, ({ session, topologyPath, signal }, options: RotateOptions) =>
    locked(session, 'secure rotate ssh-keys', async () => {
      const { world, topology, target } = session;
      await checkAccess(world.linode, 'read');
      const question = `Exchange the SSH key of ${topology.name}? Other operators need access again afterwards.`;
      if (!(await confirm(question, options.yes))) return exitCode.no;
      using _ = trackUnfinished({
        what: `the rotation of the SSH key of ${topology.name}`,
        remedy: `running it again goes on: understudy secure rotate ssh-keys -t ${resolve(topologyPath)} --target ${target.name}`,
      });
      const { before, after, machines } = await rotateSshKey(session, signal);
      if (options.json === true) printJson({ schemaVersion: 1, before, after, machines });
      else print(`${after}\n  is accepted by ${machines.join(', ')}, which refuse the key before it.`);
      return exitCode.yes;
    }),
  );
}
