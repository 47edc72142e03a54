// `understudy plan`: what apply would change, and why. Reads only.
import { Command } from 'commander';
import { plan } from '../../reconcile/index.ts';
import { observe } from '../../observe/index.ts';
import { preview, resolveIntent } from '../../operation/index.ts';
import { exitCode, print, printJson } from '../../terminal/index.ts';
import { renderPlan } from '../render/plan.ts';
import { topologyCommand, type TopologyOptions } from '../topology-command.ts';

const examples = `
Examples:
  understudy plan topology.yaml
  understudy plan topology.yaml --json | jq -r '.steps[].reason'
  understudy plan topology.yaml --target linode

Exit codes: 0 nothing to do, 1 something would change, 2 a read failed, 64 the file is refused.`;

export function planCommand(): Command {
  const command = new Command('plan')
    .description('what would change, each step with its reason; changes nothing')
    .addHelpText('after', examples);
  return topologyCommand<TopologyOptions>(command, async ({ session, topologyPath }, options) => {
    const { world, topology } = session;
    const { advice, ...account } = await preview(session, topologyPath, 'read');
    // First what may be refused: an observation that is under way when this command ends would keep its connections.
    const intent = await resolveIntent(session, account);
    const planned = plan(intent, await observe(world, topology));
    if (options.json === true) printJson({ schemaVersion: 2, name: topology.name, ...planned, ...advice });
    else print(renderPlan(topology.name, planned, advice));
    if (planned.obstacles.some(({ unseen }) => unseen)) return exitCode.unknown;
    return planned.steps.length + planned.obstacles.length === 0 ? exitCode.yes : exitCode.no;
  });
}
