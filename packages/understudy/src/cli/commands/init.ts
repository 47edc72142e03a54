// `understudy init`: an example topology to start from, with values that are right for the target.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { UnderstudyError, type Logger } from '@understudy/foundation';
import {
  exampleTopology,
  parseTopology,
  schemaFileName,
  TopologyError,
  topologyJsonSchema,
} from '../../topology/index.ts';
import { action } from '../action.ts';
import { inspectApplication, serviceBlock, targetName } from '../../operation/index.ts';
import { exitCode, print, printJson } from '../../terminal/index.ts';
import { withTopologyOption, type TopologyOptions } from '../topology-command.ts';
import { splitWords } from '../topology-words.ts';

const examples = `
Examples:
  understudy init                       print it, for the lab
  understudy init topology.yaml         write it; refuses to overwrite a file
  understudy init topology.yaml --target linode --admin-network 192.0.2.7/32
  understudy init | sed 's/demo/shop/' > topology.yaml
  understudy init --app ./my-app topology.yaml      for an application of your own

With --app the directory is looked at, and nothing in it is run: requirements.txt and the Flask or FastAPI object, package.json,
go.mod, or one executable file. Beside a file that is written, topology.schema.json is written for your editor.

On Linode only the networks in access.adminNetworks reach SSH. Without --admin-network the file has YOUR-ADDRESS there, which
plan and apply refuse until you fill it in.`;

interface InitOptions extends TopologyOptions {
  readonly adminNetwork?: string;
  readonly app?: string;
}

export function initCommand(): Command {
  const command = new Command('init')
    .description('write a commented example topology')
    .argument('[file]', 'where to write it, the same as -t; stdout when left out')
    .option('--admin-network <cidr>', 'who may reach SSH: the public address you work from, followed by /32')
    .option('--app <directory>', 'an application of your own: how it is started is read from its files')
    .addHelpText('after', examples);
  return withTopologyOption(command, 'where to write it').action(
    action(async ({ logger }, options: InitOptions, ...words) => {
      const { topologyPath: file } = splitWords(words, options.topology, 0);
      const { adminNetwork } = options;
      const target = targetName(options.target);
      const app = options.app === undefined ? undefined : await inspectApplication(options.app);
      const own = app && { name: app.name, service: serviceBlock(app, artifactPath(options.app, file)) };
      const schema = file === undefined ? undefined : `./${schemaFileName}`;
      const text = exampleTopology({ target, adminNetwork, schema, ...own });
      if (adminNetwork !== undefined) refuseBadNetwork(text);
      if (file === undefined) {
        if (options.json === true) printJson({ topology: text, open: app?.open ?? [] });
        else print(text.trimEnd());
        tellOpen(logger, app?.open);
        return exitCode.yes;
      }
      if (existsSync(file)) {
        throw new UnderstudyError(
          'cli-usage',
          `${file} exists and is left as it is; name another file or remove it first.`,
        );
      }
      writeFileSync(file, text);
      writeSchema(join(dirname(file), schemaFileName), logger);
      const open = target === 'linode' && adminNetwork === undefined;
      const first = open ? 'write your own address in place of YOUR-ADDRESS' : 'read it';
      logger({
        level: 'info',
        subject: file,
        text: `written; ${first}, then: understudy plan ${file} --target ${target}`,
      });
      tellOpen(logger, app?.open);
      return exitCode.yes;
    }),
  );
}

/** The application's directory as seen from the topology file, or from here when that is printed. */
function artifactPath(app = '', file = 'topology.yaml'): string {
  const path = relative(resolve(dirname(file)), resolve(app));
  return path === '' ? '.' : path.startsWith('..') ? path : `./${path}`;
}

function tellOpen(logger: Logger, open: readonly string[] = []): void {
  for (const text of open) logger({ level: 'warn', subject: 'application', text });
}

/** An older schema of this tool is replaced, any other file is left as it is. */
function writeSchema(path: string, logger: Logger): void {
  const schema = topologyJsonSchema();
  if (existsSync(path) && !readFileSync(path, 'utf8').includes(`"title": "${String(schema['title'])}"`)) {
    logger({
      level: 'warn',
      subject: path,
      text: 'is another file and is left as it is; the topology names it as its schema',
    });
    return;
  }
  writeFileSync(path, `${JSON.stringify(schema, undefined, 2)}\n`);
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
