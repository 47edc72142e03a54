// `understudy init`: an example topology to start from, with values that are right for the target.
import { existsSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { UnderstudyError } from '@understudy/foundation';
import { exampleTopology, parseTopology, TopologyError } from '../../topology/index.ts';
import { action } from '../action.ts';
import { targetName } from '../../operation/index.ts';
import { exitCode, print, printJson } from '../../terminal/index.ts';
import { withTopologyOption, type TopologyOptions } from '../topology-command.ts';
import { splitWords } from '../topology-words.ts';

const examples = `
Examples:
  understudy init                       print it, for the lab
  understudy init topology.yaml         write it; refuses to overwrite a file
  understudy init topology.yaml --target linode --admin-network 192.0.2.7/32
  understudy init | sed 's/demo/shop/' > topology.yaml

On Linode only the networks in access.adminNetworks reach SSH. Without --admin-network the file has YOUR-ADDRESS there, which
plan and apply refuse until you fill it in.`;

interface InitOptions extends TopologyOptions {
  readonly adminNetwork?: string;
}

export function initCommand(): Command {
  const command = new Command('init')
    .description('write a commented example topology')
    .argument('[file]', 'where to write it, the same as -t; stdout when left out')
    .option('--admin-network <cidr>', 'who may reach SSH: the public address you work from, followed by /32')
    .addHelpText('after', examples);
  return withTopologyOption(command, 'where to write it').action(
    // eslint-disable-next-line @typescript-eslint/require-await -- one shape for every command
    action(async ({ logger }, options: InitOptions, ...words) => {
      const { topologyPath: file } = splitWords(words, options.topology, 0);
      const { adminNetwork } = options;
      const target = targetName(options.target);
      const text = exampleTopology({ target, adminNetwork });
      if (adminNetwork !== undefined) refuseBadNetwork(text);
      if (file === undefined) {
        if (options.json === true) printJson({ topology: text });
        else print(text.trimEnd());
        return exitCode.yes;
      }
      if (existsSync(file)) {
        throw new UnderstudyError(
          'cli-usage',
          `${file} exists and is left as it is; name another file or remove it first.`,
        );
      }
      writeFileSync(file, text);
      const open = target === 'linode' && adminNetwork === undefined;
      const first = open ? 'write your own address in place of YOUR-ADDRESS' : 'read it';
      logger({
        level: 'info',
        subject: file,
        text: `written; ${first}, then: understudy plan ${file} --target ${target}`,
      });
      return exitCode.yes;
    }),
  );
}

/** Error: `cli-usage`, with the message of the topology field. */
function refuseBadNetwork(text: string): void {
  try {
    parseTopology(text, { path: 'topology.yaml' });
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    const [problem] = error.problems;
    if (problem === undefined) throw error;
    const { saw, allowed, message } = problem;
    throw new UnderstudyError('cli-usage', `--admin-network: saw ${saw}; allowed ${allowed}; ${message}.`);
  }
}
