// `understudy apply`: makes the world as the topology asks.
import { Command } from 'commander';
import { apply, plan, type Applied } from '../../reconcile/index.ts';
import { observe } from '../../status/index.ts';
import { preview } from '../advice.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { renderPlan, type PlanAdvice } from '../render/plan.ts';
import { renderStatus } from '../render/status.ts';
import { resolveIntent } from '../session.ts';
import { confirm, paint, print, printJson, printProgress } from '../terminal.ts';
import { locked, topologyCommand, type TargetOptions, type TopologyContext } from '../topology-command.ts';

const examples = `
Examples:
  understudy apply topology.yaml
  understudy apply topology.yaml --yes              do not ask, not even before something is deleted
  understudy apply topology.yaml --target linode

Interrupting it is safe, and so is running it again: there is no state file, the world is looked at anew.
Exit codes: 0 as the topology asks and healthy, 1 declined, 2 not reached, 64 the file is refused.`;

interface ApplyOptions extends TargetOptions {
  readonly yes?: boolean;
}

export function applyCommand(): Command {
  const command = new Command('apply')
    .description('make it so; idempotent, safe to interrupt and run again')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', examples);
  return topologyCommand<ApplyOptions>(command, async (context, options) =>
    locked(context.session, 'apply', async () => applyLocked(context, options)),
  );
}

async function applyLocked(context: TopologyContext, options: ApplyOptions): Promise<ExitCode> {
  const { session, topologyPath, signal } = context;
  const { world, topology, target } = session;
  const { advice, ...account } = await preview(session, topologyPath, 'write');
  const intent = await resolveIntent(session, account);
  const first = plan(intent, await observe(world, topology));
  if (first.steps.length + advice.warnings.length > 0) printProgress(renderPlan(topology.name, first, advice));
  const asks = target.name === 'linode' || first.steps.some(({ destructive }) => destructive);
  if (first.steps.length > 0 && asks && !(await confirm('Carry this out?', options.yes))) {
    printProgress(paint.dim('Nothing was changed. --yes answers the question beforehand.'));
    return exitCode.no;
  }
  if (first.steps.length > 0) await target.prepare(topology.search, { logger: world.logger, signal });
  const applied = await apply(world, intent, { allowDestructive: true, signal });
  if (options.json === true) printJson(asJson(applied, advice));
  else print(renderStatus(applied.status));
  return exitCode.yes;
}

function asJson({ done, left, status }: Applied, { warnings, notices }: PlanAdvice): object {
  const steps = done.map(({ id, action, reason }) => ({ id, action, reason }));
  return { schemaVersion: 1, done: steps, left, status, warnings, notices };
}
