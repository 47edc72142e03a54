// `understudy destroy`: deletes every object with the system's tag, and no other object.
import { resolve } from 'node:path';
import { Command } from 'commander';
import { trackUnfinished } from '@understudy/foundation';
import { destroy, destroyPlan } from '../../reconcile/index.ts';
import { observeObjects } from '../../observe/index.ts';
import { checkAccess, locked } from '../../operation/index.ts';
import { exitCode, ask, printJson, printProgress } from '../../terminal/index.ts';
import { renderPlan } from '../render/plan.ts';
import { topologyCommand, type TopologyOptions } from '../topology-command.ts';

const examples = `
Examples:
  understudy destroy topology.yaml           shows what would be deleted, and asks for the system's name
  understudy destroy topology.yaml --yes`;

interface DestroyOptions extends TopologyOptions {
  readonly yes?: boolean;
}

export function destroyCommand(): Command {
  const command = new Command('destroy')
    .description('remove every object of the topology, its documents included')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', examples);
  return topologyCommand<DestroyOptions>(command, async ({ session, topologyPath }, options) =>
    locked(session, 'destroy', async () => {
      const { world, topology, target } = session;
      await checkAccess(world.linode, 'write');
      const planned = destroyPlan(await observeObjects(world.linode, topology.name));
      printProgress(renderPlan(topology.name, planned));
      const question = `This deletes the documents too. Type the name of the system (${topology.name}) to go on: `;
      if (planned.steps.length > 0 && options.yes !== true && (await ask(question)) !== topology.name) {
        printProgress('Nothing was deleted. --yes answers the question in advance.');
        return exitCode.no;
      }
      using _ = trackUnfinished({
        what: `what is left of ${topology.name}`,
        remedy: `running it again finishes it: understudy destroy ${resolve(topologyPath)} --target ${target.name}`,
      });
      const done = await destroy(world, topology.name);
      if (options.json === true) printJson({ schemaVersion: 1, deleted: done.map(({ subject }) => subject) });
      return exitCode.yes;
    }),
  );
}
