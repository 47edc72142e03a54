// `understudy init`: an example topology to start from.
import { existsSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { UnderstudyError } from '../../ground/index.ts';
import { exampleTopology } from '../../topology/index.ts';
import { action, withCommonOptions, type CommonOptions } from '../action.ts';
import { exitCode } from '../exit-code.ts';
import { print, printJson } from '../terminal.ts';

const examples = `
Examples:
  understudy init                       print it
  understudy init topology.yaml         write it; refuses to overwrite a file
  understudy init | sed 's/demo/shop/' > topology.yaml`;

export function initCommand(): Command {
  const command = new Command('init')
    .description('write a commented example topology')
    .argument('[file]', 'where to write it; stdout when left out')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(
    // eslint-disable-next-line @typescript-eslint/require-await -- one shape for every command
    action(async ({ logger }, options: CommonOptions, file?: string) => {
      const text = exampleTopology();
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
      logger({ level: 'info', subject: file, text: 'written; read it, then: understudy plan ' + file });
      return exitCode.yes;
    }),
  );
}
