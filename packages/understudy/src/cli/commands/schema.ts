// `understudy schema`: the JSON Schemas of the topology file and of the output of status.
import { Command } from 'commander';
import { statusJsonSchema } from '../../status/index.ts';
import { topologyJsonSchema } from '../../topology/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import { action, withCommonOptions, type CommonOptions } from '../action.ts';
import { exitCode, printJson } from '../../terminal/index.ts';

const schemas = { topology: topologyJsonSchema, status: statusJsonSchema };

const examples = `
Examples:
  understudy schema > topology.schema.json      for an editor
  understudy schema status                      what \`status --json\` prints`;

export function schemaCommand(): Command {
  const command = new Command('schema')
    .description('print a JSON Schema: of the topology file, or of what status prints')
    .argument('[which]', `one of: ${Object.keys(schemas).join(', ')}`, 'topology')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(
    // eslint-disable-next-line @typescript-eslint/require-await -- one shape for every command
    action(async (_context, _options: CommonOptions, which = 'topology') => {
      const schema = Object.hasOwn(schemas, which) ? schemas[which as keyof typeof schemas] : undefined;
      if (schema === undefined) {
        throw new UnderstudyError(
          'cli-usage',
          `No schema is called '${which}'; there are: ${Object.keys(schemas).join(', ')}.`,
        );
      }
      printJson(schema());
      return exitCode.yes;
    }),
  );
}
