// `understudy keys`: the keys with which callers log in to the service.
import { Argument, Command, InvalidArgumentError } from 'commander';
import { UnderstudyError } from '@understudy/foundation';
import { createKey, listKeys, revokeKey, type Delivered } from '../../operate/index.ts';
import {
  checkAccess,
  isFreeName,
  isToolKey,
  keyScopes,
  locked,
  type KeyScope,
  type NewKey,
} from '../../operation/index.ts';
import { exitCode, type ExitCode, print, printJson, printProgress } from '../../terminal/index.ts';
import { table } from '../render/table.ts';
import { sessionCommand, topologyCommand, type TopologyOptions } from '../topology-command.ts';

const examples = `
Examples:
  understudy keys create web --scope read
  understudy keys create importer --scope write,admin --rate 100
  understudy keys list -t topology.yaml
  understudy keys revoke web

A caller sends its key as: Authorization: Bearer KEY. Scopes: read searches and gets, write indexes, admin deletes and sends bulks,
monitor sees metrics and readiness; none includes another one. No key can be shown again.
Keys are made and refused while the service runs. Exit codes: 0 on every machine, 2 not on every machine yet; apply brings it.`;

export function keysCommand(): Command {
  const keys = new Command('keys').description("the keys of the service's callers").addHelpText('after', examples);
  for (const command of [createCommand(), listCommand(), revokeCommand()]) keys.addCommand(command);
  return keys;
}

interface CreateOptions extends TopologyOptions {
  readonly scope: readonly KeyScope[];
  readonly rate?: number;
  readonly burst?: number;
}

function createCommand(): Command {
  const command = new Command('create')
    .description('make a key and print it; it is kept nowhere')
    .addArgument(new Argument('<key>', 'name of the key: what logs call its holder'))
    .requiredOption('--scope <scopes>', `what it may do: ${keyScopes.join(', ')}; several with commas`, readScopes)
    .option(
      '--rate <n>',
      'requests per second that it may send to each service machine (default: no limit)',
      readNumber,
    )
    .option('--burst <n>', 'requests that may come at once after a pause (default: those of one second)', readNumber);
  return sessionCommand(command, 1, async ({ session }, options: CreateOptions, id = '') => {
    if (!isFreeName(id)) throw badName(id);
    if (options.burst !== undefined && options.rate === undefined)
      throw new UnderstudyError('cli-usage', '--burst has no meaning without --rate; add it.');
    return await locked(session, 'keys create', async () => {
      await checkAccess(session.world.linode, 'read');
      const { scope: scopes, rate: requestsPerSecond, burst } = options;
      const isJson = options.json === true;
      const onMade = ({ bearer }: NewKey) => (isJson ? undefined : print(bearer.reveal()));
      const made = await createKey(session, { id, scopes, requestsPerSecond, burst }, onMade);
      const { record, bearer } = made.key;
      if (isJson) {
        const { id: name, scopes: granted, createdAt, ...rate } = record;
        const { requestsPerSecond: limit = null, burst: most = null } = rate;
        const body = {
          id: name,
          key: bearer.reveal(),
          scopes: granted,
          requestsPerSecond: limit,
          burst: most,
          createdAt,
        };
        printJson({ schemaVersion: 1, ...body, ...deliveredJson(made) });
      } else printProgress('This is the only time that it is shown.');
      return ended(made, `the key ${id} is not usable everywhere yet`);
    });
  });
}

function revokeCommand(): Command {
  const command = new Command('revoke')
    .description('refuse a key on every service machine')
    .addArgument(new Argument('<key>', 'its name'));
  return sessionCommand(command, 1, async ({ session }, options: TopologyOptions, id = '') =>
    locked(session, 'keys revoke', async () => {
      await checkAccess(session.world.linode, 'read');
      const revoked = await revokeKey(session, id);
      if (options.json === true) printJson({ schemaVersion: 1, id, ...deliveredJson(revoked) });
      else if (revoked.undone.length === 0) print(`${id} is refused by ${revoked.done.join(', ') || 'the service'}.`);
      return ended(revoked, `the key ${id} may still be accepted`);
    }),
  );
}

function listCommand(): Command {
  const command = new Command('list').description('the keys, what they may do, and machines that have not got them');
  return topologyCommand(command, async ({ session }, options) =>
    locked(session, 'keys list', async () => {
      await checkAccess(session.world.linode, 'read');
      const { list, behind } = await listKeys(session);
      if (options.json === true) {
        const keys = list.keys.map(({ id, scopes, requestsPerSecond = null, burst = null, createdAt }) => ({
          ...{ id, scopes, requestsPerSecond, burst, createdAt, ofTheTool: isToolKey(id) },
        }));
        printJson({ schemaVersion: 1, generation: list.generation, keys, undone: behind.map(undoneJson) });
      } else {
        const rows = list.keys.map(({ id, scopes, requestsPerSecond, burst, createdAt }) => [
          id,
          scopes.join(','),
          requestsPerSecond === undefined ? 'no limit' : `${requestsPerSecond}/s, burst ${burst ?? requestsPerSecond}`,
          createdAt,
        ]);
        print(table([['key', 'scopes', 'rate per machine', 'made'], ...rows], ''));
      }
      return ended({ done: [], undone: behind }, 'not every machine has this list');
    }),
  );
}

function ended({ undone }: Delivered, what: string): ExitCode {
  if (undone.length === 0) return exitCode.yes;
  const reasons = undone.map(({ machine, reason }) => `  - ${machine}: ${reason}`).join('\n');
  printProgress(`Not done: ${what}:\n${reasons}\nunderstudy apply brings it there.`);
  return exitCode.unknown;
}

function deliveredJson({ done, undone }: Delivered) {
  return { done, undone: undone.map(undoneJson) };
}

function undoneJson({ machine, reason }: Delivered['undone'][number]) {
  return { machine, reason };
}

function badName(id: string): UnderstudyError {
  return new UnderstudyError(
    'cli-usage',
    `The name of a key is '${id}'; allowed are 1 to 32 of a-z, 0-9 and -, a letter first, and not understudy-…`,
  );
}

function readScopes(text: string): KeyScope[] {
  return text.split(',').map((word) => {
    const scope = keyScopes.find((known) => known === word.trim());
    if (scope === undefined) throw new InvalidArgumentError(`saw '${word}'; allowed: ${keyScopes.join(', ')}`);
    return scope;
  });
}

function readNumber(text: string): number {
  const number = Number(text);
  if (!(number >= 1 && number <= 1_000_000)) throw new InvalidArgumentError(`saw '${text}'; allowed: 1 to 1000000`);
  return number;
}
