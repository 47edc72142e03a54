// Carries out the steps on engines and the cluster they make.
import {
  clearVotingExclusions,
  createIndex,
  greenWithinMs,
  joinWithinMs,
  membership,
  putIndexSettings,
  putIndexTemplate,
  restartNode,
  setAllocation,
  waitForHealth,
} from '../cluster/index.ts';
import { UnderstudyError } from '../ground/index.ts';
import { engineInstaller, engineLayouts, installCommand, shellLine, writeFilesScript } from '../machines/index.ts';
import { deleteObject } from './do-delete.ts';
import { indexTemplateOf, machinesFor } from './intent.ts';
import { engine, machineTarget, runScript, type Site } from './site.ts';
import type { DoomedObject } from './step.ts';

export async function installPackage(site: Site, label: string): Promise<void> {
  const { topology, repository } = site.intent;
  const installer = engineInstaller(topology.search.engine, topology.search.version, repository);
  const script = writeFilesScript([installer], [shellLine(installCommand('install'))]);
  await runScript(site, label, 'install the engine', script, { timeoutMs: 600_000 });
}

/** Does not wait for the engine: all of them start at once, and their joining is one step. */
export async function startEngine(site: Site, label: string): Promise<void> {
  const { unit } = engineLayouts[site.intent.topology.search.engine];
  const commands = ['set -e', 'systemctl daemon-reload', `systemctl reset-failed ${unit} 2>/dev/null || true`];
  const start = [`systemctl enable --quiet ${unit}`, `systemctl start --no-block ${unit}`];
  await runScript(site, label, 'start the engine', [...commands, ...start].join('\n'));
}

/** Waits until every search machine of the topology is a member of one cluster with an elected master. */
export async function awaitMembers(site: Site): Promise<void> {
  const { clock } = site.world;
  const wanted = machinesFor(site.intent, 'search').map(({ label }) => label);
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

/** One machine of a running cluster, restarted without losing a copy. */
export async function restartEngine(site: Site, label: string): Promise<void> {
  const { unit } = engineLayouts[site.intent.topology.search.engine];
  const systemctl = async (what: 'stop' | 'start', ...before: string[]): Promise<void> => {
    const script = ['set -e', ...before, `systemctl ${what} ${unit}`].join('\n');
    await runScript(site, label, `${what} the engine`, script, { timeoutMs: joinWithinMs });
  };
  await restartNode(
    { ...engine(site), clock: site.world.clock },
    {
      node: label,
      nodes: machinesFor(site.intent, 'search').length,
      stop: () => systemctl('stop', 'systemctl daemon-reload', `systemctl enable --quiet ${unit}`),
      start: () => systemctl('start'),
      ...(site.signal && { signal: site.signal }),
    },
  );
}

/** With every copy in place one machine may go; before the next, the cluster makes its copies anew and shrinks its vote. */
export async function removeMachine(site: Site, object: DoomedObject): Promise<void> {
  const { transport, dialect } = engine(site);
  const nodes = machinesFor(site.intent, 'search').length;
  const wait = { status: 'green', nodes, deadlineMs: greenWithinMs } as const;
  await waitForHealth(transport, dialect, site.world.clock, wait);
  await deleteObject(site.world, object);
  await waitForHealth(transport, dialect, site.world.clock, wait);
}

export async function putTemplate(site: Site): Promise<void> {
  const { transport } = engine(site);
  await putIndexTemplate(transport, site.intent.topology.search.index.name, indexTemplateOf(site.intent));
}

export async function makeIndex(site: Site): Promise<void> {
  await createIndex(engine(site).transport, site.intent.topology.search.index.name);
}

export async function fitIndex(site: Site): Promise<void> {
  const { name, replicas } = site.intent.topology.search.index;
  await putIndexSettings(engine(site).transport, name, {
    'index.number_of_replicas': replicas,
    'index.translog.durability': 'request',
  });
}

export async function openAllocation(site: Site): Promise<void> {
  await setAllocation(engine(site).transport, 'all');
}

export async function clearVoting(site: Site): Promise<void> {
  await clearVotingExclusions(engine(site).transport);
}
