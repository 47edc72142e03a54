// Executes the steps on engines and on their cluster.
import {
  clearSettings,
  clearVotingExclusions,
  joinWithinMs,
  membership,
  removeNode,
  restartNode,
  retryFailedAllocation,
  setAllocation,
  upgradeNode,
  type RunningCluster,
} from '../../cluster/index.ts';
import { look, shown, UnderstudyError } from '@understudy/foundation';
import {
  engineInstaller,
  installCommand,
  machineSpec,
  observeMachine,
  partOf,
  setDataAsideScript,
  shellLine,
  writeFilesScript,
  type InstallMode,
} from '../../machines/index.ts';
import { engineLayouts } from '../../engines/index.ts';
import { deleteObject } from './do-delete.ts';
import { refuseFailingStart } from './start-check.ts';
import { engineConfigHash, machineNamed, machinesFor } from '../../operation/index.ts';
import { engine, machineTarget, runScript, type StepContext } from './step-context.ts';
import type { ObjectToDelete } from '../plan/step.ts';

export async function installPackage(
  context: StepContext,
  label: string,
  mode: InstallMode = 'install',
): Promise<void> {
  const { topology, repository } = context.intent;
  const installer = engineInstaller(topology.search.engine, topology.search.version, repository);
  const script = writeFilesScript([installer], [shellLine(installCommand(mode))]);
  await runScript(context, label, `${mode} the engine`, script, { timeoutMs: 600_000 });
}

/** Moves the state of a one-node cluster that an engine formed before its settings were written. Reads the cluster UUID again first. */
export async function setDataAside(context: StepContext, label: string): Promise<void> {
  const { intent, world } = context;
  const { engine: name, failover } = intent.topology.search;
  const layout = engineLayouts[name];
  const machine = await observeMachine(
    world.runner,
    machineTarget(context, label),
    machineSpec(name, 'search', failover),
  );
  const data = shown(partOf(machine.directories, layout.dataDirectory));
  const plan = machineNamed(intent, label);
  const ownConfigHashes = (['formed', 'bootstrap'] as const).map((form) => engineConfigHash(intent, plan, form));
  const script = setDataAsideScript(layout, { clusterUuid: data?.clusterUuid, ownConfigHashes });
  await runScript(context, label, 'move the state of its separate cluster to another directory', script, {
    timeoutMs: 180_000,
  });
}

/** Does not wait for the engine: all engines start at the same time, and one later step waits until they have joined. */
export async function startEngine(context: StepContext, label: string): Promise<void> {
  await refuseFailingStart(context, label);
  const { unit } = engineLayouts[context.intent.topology.search.engine];
  const commands = ['set -e', 'systemctl daemon-reload', `systemctl reset-failed ${unit} 2>/dev/null || true`];
  const start = [`systemctl enable --quiet ${unit}`, `systemctl start --no-block ${unit}`];
  await runScript(context, label, 'start the engine', [...commands, ...start].join('\n'));
}

/** Waits until these machines are members of one cluster with an elected master. */
export async function awaitMembers(context: StepContext, wanted: readonly string[]): Promise<void> {
  const { clock } = context.world;
  const end = clock.monotonicMs() + joinWithinMs;
  let missing = wanted;
  while (clock.monotonicMs() < end) {
    context.signal?.throwIfAborted();
    try {
      const { transport, dialect } = engine(context);
      const members = await membership(transport, dialect);
      const present = members.master === undefined ? [] : members.nodes.map(({ name }) => name);
      missing = wanted.filter((label) => !present.includes(label));
      if (missing.length === 0) return;
    } catch (error) {
      if (!(error instanceof UnderstudyError)) throw error;
    }
    await clock.sleep(500, context.signal);
  }
  const reports = await Promise.all(missing.map((label) => unitReport(context, label)));
  throw new UnderstudyError(
    'reconcile-not-joined',
    `${missing.join(', ')} did not join the cluster within ${joinWithinMs / 1000} s. ${reports.join(' ')}`,
    { facts: { missing } },
  );
}

/** The unit's state and the last lines of its log: the reason why an engine did not join. */
async function unitReport(context: StepContext, label: string): Promise<string> {
  const { unit } = engineLayouts[context.intent.topology.search.engine];
  const ask = `systemctl is-active ${unit}; journalctl -u ${unit} -n 4 -o cat --no-pager`;
  try {
    const { stdout } = await context.world.runner.run(machineTarget(context, label), ['sh', '-c', ask]);
    return `${label}: ${stdout.trim().split('\n').join(' | ')}.`;
  } catch (error) {
    return `${label}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** How an engine is stopped and started on its machine. */
function unitControl(
  context: StepContext,
  label: string,
): { readonly stop: () => Promise<void>; readonly start: () => Promise<void> } {
  const { unit } = engineLayouts[context.intent.topology.search.engine];
  const systemctl = async (what: 'stop' | 'start', ...before: string[]): Promise<void> => {
    const script = ['set -e', ...before, `systemctl ${what} ${unit}`].join('\n');
    await runScript(context, label, `${what} the engine`, script, { timeoutMs: joinWithinMs });
  };
  return {
    stop: () => systemctl('stop', 'systemctl daemon-reload', `systemctl enable --quiet ${unit}`),
    start: () => systemctl('start', 'systemctl daemon-reload'),
  };
}

function runningCluster(context: StepContext): RunningCluster {
  return { ...engine(context), clock: context.world.clock };
}

function progress(context: StepContext, subject: string): (text: string) => void {
  return (text) => context.world.logger({ level: 'info', subject, text });
}

/** Restarts one engine of a running cluster without losing a copy. An engine that is not a member is restarted directly. */
export async function restartEngine(context: StepContext, label: string): Promise<void> {
  await refuseFailingStart(context, label);
  const { transport, dialect } = engine(context);
  const members = shown(await look(membership(transport, dialect)));
  if (members?.master !== undefined && !members.nodes.some(({ name }) => name === label)) {
    const { stop, start } = unitControl(context, label);
    await stop();
    await start();
    return await awaitMembers(context, [label]);
  }
  await restartNode(runningCluster(context), {
    node: label,
    nodes: machinesFor(context.intent, 'search').length,
    index: context.intent.topology.search.indices.map(({ name }) => name),
    onProgress: progress(context, label),
    ...unitControl(context, label),
    ...(context.signal && { signal: context.signal }),
  });
}

/** The same, with another version of the engine installed while it is stopped. */
export async function upgradeEngine(context: StepContext, label: string): Promise<void> {
  await refuseFailingStart(context, label);
  // Downloaded while the engine runs, so that it is stopped only during the installation.
  await installPackage(context, label, 'download');
  await upgradeNode(runningCluster(context), {
    node: label,
    nodes: machinesFor(context.intent, 'search').map((machine) => machine.label),
    version: context.intent.topology.search.version,
    index: context.intent.topology.search.indices.map(({ name }) => name),
    install: () => installPackage(context, label),
    ...unitControl(context, label),
    onProgress: progress(context, label),
    ...(context.signal && { signal: context.signal }),
  });
}

/** Removes a search machine permanently, when it holds no shard copy any more. */
export async function removeMachine(context: StepContext, object: ObjectToDelete): Promise<void> {
  const { found, intent, world } = context;
  const search = `${intent.topology.name}-search-`;
  await removeNode(runningCluster(context), {
    node: object.label,
    // Includes machines that this plan creates: the removal waits for them too.
    nodes: [
      ...new Set([
        ...machinesFor(intent, 'search').map(({ label }) => label),
        ...[...found.instances.keys()].filter((label) => label.startsWith(search)),
      ]),
    ],
    stop: unitControl(context, object.label).stop,
    remove: () => deleteObject(world, object),
    onProgress: progress(context, object.label),
    ...(context.signal && { signal: context.signal }),
  });
  found.instances.delete(object.label);
}

export async function openAllocation(context: StepContext): Promise<void> {
  await setAllocation(engine(context).transport, 'all');
}

export async function clearVoting(context: StepContext): Promise<void> {
  await clearVotingExclusions(engine(context).transport);
}

export async function clearLeftovers(context: StepContext, settings: readonly string[]): Promise<void> {
  await clearSettings(engine(context).transport, settings);
}

export async function retryAllocation(context: StepContext): Promise<void> {
  await retryFailedAllocation(engine(context).transport);
}
