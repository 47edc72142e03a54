// `understudy access`: giving a second operator what a system needs, as a file that only that operator can read.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { UnderstudyError } from '@understudy/foundation';
import { collectAccess, importAccess } from '../../operate/index.ts';
import { accessKeyPath, readSecretFile, writeSecretOnce } from '../../operation/index.ts';
import { identitiesIn, newIdentity, openAccess, sealAccess, type AccessIdentity } from '../../secure/index.ts';
import { exitCode, print, printJson, printProgress } from '../../terminal/index.ts';
import { action, withCommonOptions, type CommonOptions } from '../action.ts';
import { topologyCommand, type TopologyOptions } from '../topology-command.ts';

const examples = `
Examples, Ann gives Ben access to a system:
  Ben:  understudy access key                                     prints a public key, age1…, for Ann
  Ann:  understudy access export --to age1… > demo.access         the file may go by mail: Ben alone can read it
  Ben:  understudy access import demo.access
  Ben:  understudy status topology.yaml                           with the same topology file and a token of his own

It holds the SSH key of the system, the host keys and the console password of its machines, its authority and its
accounts, and no Linode token.`;

export function accessCommand(): Command {
  const access = new Command('access')
    .description('give another operator access to a system')
    .addHelpText('after', examples);
  for (const command of [keyCommand(), exportCommand(), importCommand()]) access.addCommand(command);
  return access;
}

function keyCommand(): Command {
  const command = new Command('key').description(
    'print your public key for access files; it is made at the first time',
  );
  return withCommonOptions(command).action(
    action(async (_, options: CommonOptions) => {
      const { recipient } = await ownIdentity();
      if (options.json === true) printJson({ schemaVersion: 1, recipient, path: accessKeyPath() });
      else print(recipient);
      return exitCode.yes;
    }),
  );
}

/** Made at the first time. */
async function ownIdentity(): Promise<AccessIdentity> {
  const path = accessKeyPath();
  if (!existsSync(path)) {
    const { recipient, identity } = await newIdentity();
    await writeSecretOnce(path, `# public key: ${recipient}\n${identity.reveal()}\n`);
  }
  const [first] = await identitiesAt(path, 'The key for access files');
  return first as AccessIdentity;
}

async function identitiesAt(path: string, field: string): Promise<AccessIdentity[]> {
  return await identitiesIn(await readSecretFile(path, field), path);
}

interface ExportOptions extends TopologyOptions {
  readonly to: readonly string[];
}

function exportCommand(): Command {
  const command = new Command('export')
    .description('print what another operator needs, encrypted')
    .requiredOption(
      '--to <key>',
      'public key of who may read it, from understudy access key; may be given several times',
      (key: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), key],
    );
  return topologyCommand(command, async ({ session }, options: ExportOptions) => {
    const access = await collectAccess(session);
    const sealed = await sealAccess(access, options.to);
    if (options.json === true) {
      printJson({
        schemaVersion: 1,
        target: access.target,
        system: access.system,
        recipients: options.to,
        file: sealed,
      });
    } else print(sealed.trimEnd());
    printProgress(
      `The file gives root on every machine of ${access.system}` +
        `${access.security ? ', and its authority and accounts' : ''}, to the holder of ${options.to.join(' or ')}.`,
    );
    return exitCode.yes;
  });
}

interface ImportOptions extends CommonOptions {
  readonly identity?: string;
}

function importCommand(): Command {
  const command = new Command('import')
    .description(
      'put what another operator exported in place on this computer; only an earlier state of the same is replaced',
    )
    .argument('<file>', 'the file, or - for standard input')
    .option('--identity <file>', 'your private key for it (default: the one of understudy access key)');
  return withCommonOptions(command).action(
    action(async (_, options: ImportOptions, ...[file = '-']) => {
      const sealed = await read(file);
      const identities =
        options.identity === undefined ? [await ownIdentity()] : await identitiesAt(options.identity, '--identity');
      const access = await openAccess(sealed, identities);
      const parts = await importAccess(access);
      const { target, system, exportedAt } = access;
      if (options.json === true) printJson({ schemaVersion: 1, target, system, exportedAt, parts });
      else {
        print(`access to ${system} (target ${target}), exported ${exportedAt}`);
        for (const { what, path: place, isNew, replaced } of parts) {
          const before = replaced === null ? '' : ` (the one before it: ${replaced})`;
          print(`  ${what.padEnd(24)}${isNew ? '' : 'there already: '}${place}${before}`);
        }
      }
      return exitCode.yes;
    }),
  );
}

async function read(file: string): Promise<string> {
  if (file === '-') return await text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new UnderstudyError('cli-usage', `The access file ${file} cannot be read (${code}). Correct the path.`, {
      cause,
    });
  }
}
