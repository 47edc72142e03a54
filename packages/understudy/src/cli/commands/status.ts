// `understudy status`: one verdict with reasons.
import { Command, InvalidArgumentError } from 'commander';
import { assessHealth, type Status } from '../../status/index.ts';
import { observe } from '../../observe/index.ts';
import { exitCode, type ExitCode, clearScreen, print, printJson } from '../../terminal/index.ts';
import { operatorFiles } from '../../operation/index.ts';
import { renderStatus } from '../render/status.ts';
import { topologyCommand, type TopologyOptions } from '../topology-command.ts';

const examples = `
Examples:
  understudy status topology.yaml
  understudy status topology.yaml --watch             again every 2 seconds, until Ctrl-C
  understudy status topology.yaml --json | jq .verdict

Exit codes: 0 healthy, 1 degraded or down, 2 unknown. docs/status.md describes the JSON.`;

interface StatusOptions extends TopologyOptions {
  readonly watch?: number | true;
}

const exitOf: Record<Status['verdict'], ExitCode> = {
  healthy: exitCode.yes,
  degraded: exitCode.no,
  down: exitCode.no,
  unknown: exitCode.unknown,
};

export function statusCommand(): Command {
  const command = new Command('status')
    .description('one verdict with reasons: cluster, machines, shards, balancer')
    .option('-w, --watch [seconds]', 'repeat', seconds)
    .addHelpText('after', examples);
  return topologyCommand<StatusOptions>(command, async ({ session, signal }, options) => {
    const { world, topology } = session;
    const watchMs = options.watch === undefined ? undefined : (options.watch === true ? 2 : options.watch) * 1000;
    for (;;) {
      const status = assessHealth(await observe(world, topology), topology, await operatorFiles(session));
      if (watchMs !== undefined && options.json !== true) clearScreen();
      if (options.json === true) printJson(status);
      else print(renderStatus(status));
      if (watchMs === undefined) return exitOf[status.verdict];
      await world.clock.sleep(watchMs, signal);
    }
  });
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0.5 || value > 3600)
    throw new InvalidArgumentError('allowed: 0.5 to 3600 seconds.');
  return value;
}
