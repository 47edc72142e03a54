// `understudy apply`: makes the system match the topology.
import { resolve } from 'node:path';
import { Command } from 'commander';
import { trackUnfinished } from '@understudy/foundation';
import { apply, type Applied, type ConfirmRequest } from '../../reconcile/index.ts';
import { preview, resolveIntent, type Session, type PlanAdvice, locked } from '../../operation/index.ts';
import { exitCode, type ExitCode, confirm, print, printJson, printProgress } from '../../terminal/index.ts';
import { renderPlan } from '../render/plan.ts';
import { renderStatus } from '../render/status.ts';
import { topologyCommand, type TopologyOptions, type TopologyContext } from '../topology-command.ts';

const examples = `
Examples:
  understudy apply topology.yaml
  understudy apply topology.yaml --yes              do not ask, not even before something is deleted
  understudy apply topology.yaml --target linode

Interrupting it is safe, and so is running it again: there is no state file, each run observes the system again.
Exit codes: 0 matches the topology and healthy, 1 declined, 2 not reached, 64 the file is refused.`;

interface ApplyOptions extends TopologyOptions {
  readonly yes?: boolean;
}

export function applyCommand(): Command {
  const command = new Command('apply')
    .description('make the system match the topology; idempotent, safe to interrupt and run again')
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
  const asked: ConfirmRequest[] = [];
  using _ = trackUnfinished({
    what: `an apply of ${topology.name} that has not ended`,
    remedy: `running it again finishes it: understudy apply ${resolve(topologyPath)} --target ${target.name}`,
  });
  const applied = await apply(world, intent, {
    signal,
    confirm: async (request) => {
      const agreed = await agreedTo(request, { session, advice, yes: options.yes });
      if (agreed && asked.length === 0) await target.prepare(topology.search, { logger: world.logger, signal });
      asked.push(request);
      return agreed;
    },
  });
  if (asked.length === 0 && advice.warnings.length > 0) {
    printProgress(renderPlan(topology.name, { steps: [], obstacles: [] }, advice));
  }
  if (options.json === true) printJson(asJson(applied, advice));
  else print(renderStatus(applied.status));
  return exitCode.yes;
}

/** Shows the new steps. In the lab only plans with destructive steps need a confirmation; on Linode every plan does. */
async function agreedTo(
  { plan, added, round }: ConfirmRequest,
  {
    session,
    advice,
    yes,
  }: { readonly session: Session; readonly advice: PlanAdvice; readonly yes: boolean | undefined },
): Promise<boolean> {
  const { topology, target } = session;
  printProgress(renderPlan(topology.name, round === 1 ? plan : { steps: added, obstacles: [] }, advice));
  if (!target.production && !added.some(({ destructive }) => destructive)) return true;
  if (round === 1) return await confirm('Carry this out?', yes);
  // --yes confirms the first plan, and no steps that a later round adds.
  return await confirm('This was not in the plan that you confirmed. Carry it out as well?', undefined);
}

function asJson({ done, status }: Applied, { warnings, notices }: PlanAdvice): object {
  const steps = done.map(({ id, action, reason }) => ({ id, action, reason }));
  return { schemaVersion: 2, done: steps, status, warnings, notices };
}
