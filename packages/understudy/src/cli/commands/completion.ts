// `understudy completion`: the script that a shell reads; and the hidden command that the script asks.
import { Argument, Command } from 'commander';
import { candidates } from '../completion/candidates.ts';
import { completionScripts } from '../completion/scripts.ts';
import { localSources } from '../completion/sources.ts';
import { exitCode, print } from '../../terminal/index.ts';
import { action, type CommonOptions } from '../action.ts';

const examples = `
Examples:
  source <(understudy completion bash)         in ~/.bashrc
  source <(understudy completion zsh)          in ~/.zshrc, after compinit
  understudy completion fish | source          in ~/.config/fish/config.fish

Commands, options, topology files, machines of the topology, drills and runs are completed, also for bin/understudy.`;

export function completionCommand(): Command {
  const shells = Object.keys(completionScripts) as (keyof typeof completionScripts)[];
  return new Command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .addHelpText('after', examples)
    .action(
      // eslint-disable-next-line @typescript-eslint/require-await -- one shape for every command
      action(async (_context, _options: CommonOptions, shell = 'bash') => {
        print(completionScripts[shell as keyof typeof completionScripts].trimEnd());
        return exitCode.yes;
      }),
    );
}

/** Asked by the scripts, not by people. */
export function completeCommand(program: Command): Command {
  return new Command('complete').argument('[words...]').action((words: readonly string[]) => {
    const found = candidates(program, words, localSources);
    if (found.length > 0) print(found.map(({ value, description }) => `${value}\t${oneLine(description)}`).join('\n'));
  });
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
