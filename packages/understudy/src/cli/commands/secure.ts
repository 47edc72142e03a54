// `understudy secure`: exchanging what a system is secured with.
import { resolve } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { trackUnfinished, UnderstudyError } from '@understudy/foundation';
import { accountNames, type AccountName } from '../../engines/index.ts';
import { exchange, exchangeable, exchangePlan, type Exchangeable } from '../../operate/index.ts';
import { checkAccess, locked } from '../../operation/index.ts';
import { confirm, exitCode, print, printJson, printProgress, type ExitCode } from '../../terminal/index.ts';
import { sessionCommand, type TopologyContext, type TopologyOptions } from '../topology-command.ts';

interface RotateOptions extends TopologyOptions {
  readonly yes?: boolean;
  readonly account?: readonly AccountName[];
}

export function secureCommand(): Command {
  return new Command('secure').description('exchange the keys of a system').addCommand(rotateCommand());
}

const kinds: Readonly<Record<Exchangeable, string>> = {
  certificates: 'a new key and certificate of every search machine',
  authority: 'another authority, and certificates of it',
  passwords: 'another password of accounts of the engine',
  'ssh-keys': 'another SSH key of the tool for this system',
  'service-keys': 'another key of the tool for the service, and another secret of the service machines',
};

function rotateCommand(): Command {
  const command = new Command('rotate')
    .description('another key of the same kind, while users are served; the old one is refused afterwards')
    .addArgument(
      new Argument('<what>', exchangeable.map((name) => `${name}: ${kinds[name]}`).join('; ')).choices(exchangeable),
    )
    .addOption(
      new Option('--account <name...>', 'for passwords: whose; without it operator and service').choices(accountNames),
    )
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
Examples:
  understudy secure rotate certificates
  understudy secure rotate authority --yes -t topology.yaml
  understudy secure rotate passwords
  understudy secure rotate passwords --account monitor     asks before the old one is removed
  understudy secure rotate ssh-keys
  understudy secure rotate service-keys

Every machine has to answer, and the system has to be as its topology says. Interrupting it is safe: run it again, and it goes on.
Other operators lose their access with the authority, the passwords, the SSH key or the service keys: export it to them again, understudy
access --help. Keys in access.sshKeys are not touched: take one out there, and apply. Keys of the service's callers are theirs:
understudy keys --help.

Exit codes: 0 exchanged, 1 declined, 2 not reached; then run it again.`,
    );
  return sessionCommand(command, 1, (context, options: RotateOptions, what = '') =>
    locked(context.session, `secure rotate ${what}`, () => rotateLocked(context, what as Exchangeable, options)),
  );
}

async function rotateLocked(
  { session, topologyPath, signal }: TopologyContext,
  what: Exchangeable,
  { account, yes, json }: RotateOptions,
): Promise<ExitCode> {
  const { world, topology, target } = session;
  if (account && what !== 'passwords') {
    throw new UnderstudyError('cli-usage', `--account: saw it with ${what}; allowed with passwords alone.`);
  }
  await checkAccess(world.linode, 'read');
  const lines = await exchangePlan(session, what, account);
  printProgress(lines.map((line) => `  - ${line}`).join('\n'));
  if (!(await confirm(questionOf(what, topology.name), yes))) return exitCode.no;
  using _ = trackUnfinished({
    what: `the rotation of ${what} of ${topology.name}`,
    remedy: `running it again goes on: understudy secure rotate ${what} -t ${resolve(topologyPath)} --target ${target.name}`,
  });
  const result = await exchange(session, what, signal, {
    ...(account ? { accounts: account } : {}),
    mayRemove: (users) =>
      confirm(`Do your programs log in as the new user by now? ${users.join(', ')} is refused from then on.`, yes),
  });
  if (json === true) printJson({ schemaVersion: 1, isComplete: result.isComplete, ...result.facts });
  else print(result.text);
  return result.isComplete ? exitCode.yes : exitCode.no;
}

function questionOf(what: Exchangeable, name: string): string {
  const question = `Exchange the ${what.replace('ssh-keys', 'SSH key').replace('-', ' ')} of ${name}?`;
  return what === 'certificates' ? question : `${question} Other operators need access again afterwards.`;
}
