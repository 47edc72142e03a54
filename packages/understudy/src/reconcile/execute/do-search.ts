// Carries out the steps on engines and the cluster they make.
import {
  clearSettings,
  clearVotingExclusions,
  createIndex,
  joinWithinMs,
  membership,
  putIndexSettings,
  putIndexTemplate,
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
import {
  engineConfigHash,
  indexSettingsOf,
  indexTemplateOf,
  machineNamed,
  machinesFor,
} from '../../operation/index.ts';
import { engine, machineTarget, runScript, type Site } from './site.ts';
import type { ObjectToDelete } from '../plan/step.ts';

export async function installPackage(site: Site, label: string, mode: InstallMode = 'install'): Promise<void> {
  const { topology, repository } = site.intent;
  const installer = engineInstaller(topology.search.engine, topology.search.version, repository);
  const script = writeFilesScript([installer], [shellLine(installCommand(mode))]);
  await runScript(site, label, `${mode} the engine`, script, { timeoutMs: 600_000 });
}

/** The state of a one-node cluster that an engine made before its settings came; which one that is, is looked at once more. */
export async function setDataAside(site: Site, label: string): Promise<void> {
  const { intent, world } = site;
  const { engine: name, failover } = intent.topology.search;
  const layout = engineLayouts[name];
  const machine = await observeMachine(world.runner, machineTarget(site, label), machineSpec(name, 'search', failover));
  const data = shown(partOf(machine.directories, layout.dataDirectory));
  const plan = machineNamed(intent, label);
  const ownConfigHashes = (['formed', 'bootstrap'] as const).map((form) => engineConfigHash(intent, plan, form));
  const script = setDataAsideScript(layout, { clusterUuid: data?.clusterUuid, ownConfigHashes });
  await runScript(site, label, 'move the state of a cluster of its own aside', script, { timeoutMs: 180_000 });
}

/** Does not wait for the engine: all of them start at once, and their joining is one step. */
export async function startEngine(site: Site, label: string): Promise<void> {
  const { unit } = engineLayouts[site.intent.topology.search.engine];
  const commands = ['set -e', 'systemctl daemon-reload', `systemctl reset-failed ${unit} 2>/dev/null || true`];
  const start = [`systemctl enable --quiet ${unit}`, `systemctl start --no-block ${unit}`];
  await runScript(site, label, 'start the engine', [...commands, ...start].join('\n'));
}

/** Waits until these machines are members of one cluster with an elected master. */
export async function awaitMembers(site: Site, wanted: readonly string[]): Promise<void> {
  const { clock } = site.world;
  const end = clock.monotonicMs() + joinWithinMs;
  let missing = wanted;
  while (clock.monotonicMs() < end) {
    site.signal?.throwIfAborted();
    try {
      const { transport, dialect } = engine(site);
      const members = await membership(transport, dialect);
      const present = members.master === undefined ? [] : members.nodes.map(({ name }) => name);
      missing = wanted.filter((label) => !present.includes(label));
      if (missing.length === 0) return;
    } catch (error) {
      if (!(error instanceof UnderstudyError)) throw error;
    }
    await clock.sleep(500, site.signal);
  }
  const complaints = await Promise.all(missing.map((label) => complaintOf(site, label)));
  throw new UnderstudyError(
    'reconcile-not-joined',
    `${missing.join(', ')} did not join the cluster within ${joinWithinMs / 1000} s. ${complaints.join(' ')}`,
    { facts: { missing } },
  );
}

/** The unit's state and the last lines of its log: why an engine is not there. */
async function complaintOf(site: Site, label: string): Promise<string> {
  const { unit } = engineLayouts[site.intent.topology.search.engine];
  const ask = `systemctl is-active ${unit}; journalctl -u ${unit} -n 4 -o cat --no-pager`;
  try {
    const { stdout } = await site.world.runner.run(machineTarget(site, label), ['sh', '-c', ask]);
    return `${label}: ${stdout.trim().split('\n').join(' | ')}.`;
  } catch (error) {
    return `${label}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** How an engine is stopped and started on its machine. */
function unitControl(
  site: Site,
  label: string,
): { readonly stop: () => Promise<void>; readonly start: () => Promise<void> } {
  const { unit } = engineLayouts[site.intent.topology.search.engine];
  const systemctl = async (what: 'stop' | 'start', ...before: string[]): Promise<void> => {
    const script = ['set -e', ...before, `systemctl ${what} ${unit}`].join('\n');
    await runScript(site, label, `${what} the engine`, script, { timeoutMs: joinWithinMs });
  };
  return {
    stop: () => systemctl('stop', 'systemctl daemon-reload', `systemctl enable --quiet ${unit}`),
    start: () => systemctl('start', 'systemctl daemon-reload'),
  };
}

function runningCluster(site: Site): RunningCluster {
  return { ...engine(site), clock: site.world.clock };
}

function progress(site: Site, subject: string): (text: string) => void {
  return (text) => site.world.logger({ level: 'info', subject, text });
}

/** One machine of a running cluster, restarted without losing a copy. One that is no member has none to lose. */
export async function restartEngine(site: Site, label: string): Promise<void> {
  const { transport, dialect } = engine(site);
  const members = shown(await look(membership(transport, dialect)));
  if (members?.master !== undefined && !members.nodes.some(({ name }) => name === label)) {
    const { stop, start } = unitControl(site, label);
    await stop();
    await start();
    return await awaitMembers(site, [label]);
  }
  await restartNode(runningCluster(site), {
    node: label,
    nodes: machinesFor(site.intent, 'search').length,
    index: site.intent.topology.search.index.name,
    onProgress: progress(site, label),
    ...unitControl(site, label),
    ...(site.signal && { signal: site.signal }),
  });
}

/** The same, with another version of the engine installed while it is stopped. */
export async function upgradeEngine(site: Site, label: string): Promise<void> {
  // Fetched while the engine runs on: it is away only for as long as the installation takes.
  await installPackage(site, label, 'download');
  await upgradeNode(runningCluster(site), {
    node: label,
    nodes: machinesFor(site.intent, 'search').map((machine) => machine.label),
    version: site.intent.topology.search.version,
    index: site.intent.topology.search.index.name,
    install: () => installPackage(site, label),
    ...unitControl(site, label),
    onProgress: progress(site, label),
    ...(site.signal && { signal: site.signal }),
  });
}

/** A search machine leaves for good, when no copy of anything is on it any more. */
export async function removeMachine(site: Site, object: ObjectToDelete): Promise<void> {
  const { found, intent, world } = site;
  const search = `${intent.topology.name}-search-`;
  await removeNode(runningCluster(site), {
    node: object.label,
    // A machine that is only about to be made is waited for as well.
    nodes: [
      ...new Set([
        ...machinesFor(intent, 'search').map(({ label }) => label),
        ...[...found.instances.keys()].filter((label) => label.startsWith(search)),
      ]),
    ],
    stop: unitControl(site, object.label).stop,
    remove: () => deleteObject(world, object),
    onProgress: progress(site, object.label),
    ...(site.signal && { signal: site.signal }),
  });
  found.instances.delete(object.label);
}

export async function putTemplate(site: Site): Promise<void> {
  const { transport } = engine(site);
  await putIndexTemplate(transport, site.intent.topology.search.index.name, indexTemplateOf(site.intent));
}

export async function makeIndex(site: Site): Promise<void> {
  await createIndex(engine(site).transport, site.intent.topology.search.index.name);
}

export async function fitIndex(site: Site): Promise<void> {
  const { name } = site.intent.topology.search.index;
  await putIndexSettings(engine(site).transport, name, { index: indexSettingsOf(site.intent) });
}

export async function openAllocation(site: Site): Promise<void> {
  await setAllocation(engine(site).transport, 'all');
}

export async function clearVoting(site: Site): Promise<void> {
  await clearVotingExclusions(engine(site).transport);
}

export async function clearLeftovers(site: Site, settings: readonly string[]): Promise<void> {
  await clearSettings(engine(site).transport, settings);
}

export async function retryAllocation(site: Site): Promise<void> {
  await retryFailedAllocation(engine(site).transport);
}
