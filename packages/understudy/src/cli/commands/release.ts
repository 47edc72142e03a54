// `understudy release` and `understudy restart`: the releases on the service machines, and rolling them.
import { resolve } from 'node:path';
import { Argument, Command } from 'commander';
import { trackUnfinished, UnderstudyError } from '@understudy/foundation';
import {
  carryOutRoll,
  complete,
  deployRequest,
  listReleases,
  machinesByName,
  releaseToResolve,
  restartRequest,
  rollbackRequest,
  type ReleaseList,
  type RollRequest,
} from '../../operate/index.ts';
import { checkAccess, locked, resolveIntent, serviceRelease } from '../../operation/index.ts';
import { restartGateways } from '../../reconcile/index.ts';
import type { Topology } from '../../topology/index.ts';
import { confirm, exitCode, type ExitCode, print, printJson, printProgress } from '../../terminal/index.ts';
import { renderReleases } from '../render/releases.ts';
import {
  freeWordsCommand,
  sessionCommand,
  topologyCommand,
  type TopologyContext,
  type TopologyOptions,
} from '../topology-command.ts';

const examples = `
Examples:
  understudy release list
  understudy release deploy                  build service.artifact and roll it, one machine after the other
  understudy release deploy ./my-service     roll this folder once
  understudy release rollback                to the release before; nothing is built or sent
  understudy release rollback --to 3f9c`;

export function releaseCommand(): Command {
  const release = new Command('release')
    .description('releases of the service on the machines')
    .addHelpText('after', examples);
  for (const command of [listCommand(), deployCommand(), rollbackCommand()]) release.addCommand(command);
  return release;
}

function listCommand(): Command {
  const command = new Command('list')
    .description('which releases lie on which machines, which is current, which were rejected')
    .addHelpText('after', '\nExit codes: 0 every service machine was read, 2 one was not.');
  return topologyCommand(command, async ({ session }, options: TopologyOptions) => {
    const list = await listReleases(session.world, session.topology);
    if (options.json === true) printJson({ schemaVersion: 1, ...list });
    else print(renderReleases(list));
    for (const { machine, reason } of list.unreachable) printProgress(`${machine}: not read: ${reason}`);
    return list.unreachable.length === 0 ? exitCode.yes : exitCode.unknown;
  });
}

interface RollOptions extends TopologyOptions {
  readonly yes?: boolean;
  readonly again?: boolean;
  readonly to?: string;
}

function deployCommand(): Command {
  const command = new Command('deploy')
    .description('build the service and roll it, one machine after the other')
    .argument('[folder]', 'deploy this folder in place of service.artifact')
    .option('--again', 'also when the machines rejected this release before')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExit codes: 0 deployed, 1 declined or rejected before, 2 not reached; then run it again.');
  return freeWordsCommand(command, async (context, options: RollOptions, ...[folder]: readonly string[]) => {
    const { service } = context.session.topology;
    const artifact = folder === undefined ? service.artifact : resolve(folder);
    const { topology, topologyPath } = context.session;
    const built = await serviceRelease({ ...topology, service: { ...service, artifact } }, topologyPath);
    if (folder !== undefined) {
      printProgress(
        `! ${artifact} is deployed once: the next apply deploys service.artifact (${service.artifact}) again, unless that is changed.`,
      );
    }
    return roll(
      context,
      options,
      'release deploy',
      () => deployRequest(built.release, options.again === true),
      built.topology,
    );
  });
}

function rollbackCommand(): Command {
  const command = new Command('rollback')
    .description('make an earlier release current again, and reject the one that is; nothing is built or sent')
    .option('--to <release>', 'its id, or the beginning of it (default: the one before)')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExit codes: 0 rolled back, 1 declined, 2 not reached, or no such release.');
  return topologyCommand(command, (context, options: RollOptions) =>
    roll(context, options, 'release rollback', (list) => rollbackRequest(list, options.to)),
  );
}

export function restartCommand(): Command {
  const command = new Command('restart')
    .description('restart the service or its gateway, one machine after the other, while users are served')
    .addArgument(new Argument('<what>', 'what is restarted').choices(['service', 'gateway']))
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  understudy restart service --yes\n  understudy restart gateway\n\nExit codes: 0 restarted, 1 declined, 2 not reached.',
    );
  return sessionCommand(command, 1, (context, options: RollOptions, what: string) =>
    what === 'gateway'
      ? restartGateway(context, options)
      : roll(context, options, 'restart service', () => restartRequest),
  );
}

async function restartGateway({ session, signal }: TopologyContext, options: RollOptions): Promise<ExitCode> {
  const { world, topology } = session;
  if (topology.service.gateway === 'off') {
    const text = `${topology.name} has no gateway to restart: service.gateway is off; do: set it on and apply, or restart service.`;
    throw new UnderstudyError('cli-usage', text);
  }
  return locked(session, 'restart gateway', async () => {
    await checkAccess(world.linode, 'read');
    const machines = machinesByName(topology, 'service').map(({ label }) => label);
    const question = `Restart the gateway on ${machines.join(', ')}, one after the other? Requests wait meanwhile.`;
    if (!(await confirm(question, options.yes))) return exitCode.no;
    const nothing = { release: { id: '', directory: '' }, topology };
    await restartGateways(world, await resolveIntent(session, {}, nothing), signal);
    if (options.json === true) printJson({ schemaVersion: 1, machines });
    return exitCode.yes;
  });
}

/** Under the lock of the system: what is there is read, what will be done is shown and confirmed, then done. */
async function roll(
  { session, topologyPath, signal }: TopologyContext,
  options: RollOptions,
  name: string,
  decide: (list: ReleaseList) => RollRequest,
  /** With the start command of the release that is deployed. */
  resolved: Topology = session.topology,
): Promise<ExitCode> {
  const { world, topology, target } = session;
  return locked(session, name, async () => {
    await checkAccess(world.linode, 'read');
    const list = complete(await listReleases(world, topology));
    const request = decide(list);
    printProgress(renderReleases(list));
    if (!(await confirm(question(request, list), options.yes))) return exitCode.no;
    using _ = trackUnfinished({
      what: `${name} of ${topology.name}`,
      remedy: `machines that are done stay done; running it again goes on: understudy ${name} -t ${resolve(topologyPath)} --target ${target.name}`,
    });
    const intent = await resolveIntent(session, {}, { release: releaseToResolve(request), topology: resolved });
    await carryOutRoll(world, intent, request, signal);
    const { release, reject } = request;
    const result = { schemaVersion: 1, release: release?.id ?? null, rejected: reject, machines: list.machines };
    if (options.json === true) printJson(result);
    return exitCode.yes;
  });
}

function question({ release, reject }: RollRequest, { machines }: ReleaseList): string {
  const where = `${machines.join(', ')}, one after the other`;
  if (release === null) return `Restart the service on ${where}?`;
  const left = reject.length > 0 ? `, and reject ${reject.join(', ')}` : '';
  return `Make ${release.id} current on ${where}${left}?`;
}
