// `understudy ssh`: a session on a machine with the tool's key and the host key that it pinned, or one command there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Command } from 'commander';
import { UnderstudyError } from '@understudy/foundation';
import { loginShell, machineByName, reachOne, sshCommand as systemSsh } from '../../operate/index.ts';
import { exitCode, type ExitCode } from '../../terminal/index.ts';
import { freeWordsCommand, type TopologyOptions } from '../topology-command.ts';

const examples = `
Examples:
  understudy ssh search-1                            a session as root
  understudy ssh search-1 -- journalctl -n 20
  understudy ssh search-1 -t topology.yaml -- 'df -h /; uptime'
  tar -c files | understudy ssh service-1 -- tar -x -C /tmp

The words after -- are one line for the shell there, as with ssh. The exit code is that of the command, or 2.`;

export function sshCommand(): Command {
  const command = new Command('ssh')
    .description('a session on a machine, or one command there')
    .argument('<machine>', 'such as search-1, or the label in full')
    .argument('[command...]', 'a command line; its options after --')
    .addHelpText('after', examples);
  return freeWordsCommand(command, async (context, _options: TopologyOptions, name = '', ...words) => {
    const { world, topology } = context.session;
    const target = await reachOne(world, topology, machineByName(topology, name));
    const line = words.length === 0 ? undefined : words.join(' ');
    // By the tool's own connection: it pins the key of a new machine, and says what is wrong with a machine that does not answer.
    if (line === undefined || process.stdin.isTTY) {
      await world.runner.run(target, ['true']);
      return interactive(systemSsh(context.session, target, line));
    }
    const { stdin, stdout, stderr } = process;
    const code = await world.runner.stream(target, loginShell(line), { stdin, stdout, stderr, signal: context.signal });
    stdin.destroy();
    return code as ExitCode;
  });
}

/** Error: `operate-no-ssh`. */
async function interactive([program = 'ssh', ...words]: readonly string[]): Promise<ExitCode> {
  const child = spawn(program, words, { stdio: 'inherit' });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return (code ?? exitCode.unknown) as ExitCode;
  } catch (cause) {
    throw new UnderstudyError(
      'operate-no-ssh',
      `The program ssh could not be started: ${(cause as Error).message}. Install it (apt install openssh-client), or name a command.`,
      { cause },
    );
  }
}
