// Plans the engine on each search machine and the cluster they make: package, settings, first formation, rolling restarts,
// index. A planned restart takes one machine at a time, the elected master last.
import { templateMatches, type ObservedIndex } from '../cluster/index.ts';
import { contentHash, engineLayouts, engineStartedPath, engineStartPaths } from '../machines/index.ts';
import type { Observation, ObservedCluster } from '../status/index.ts';
import type { MachinePlan } from '../topology/index.ts';
import { formationOf, type Formation } from './formation.ts';
import { engineConfigHash, filesOf, indexTemplateOf, machinesFor, type Intent } from './intent.ts';
import { engineUnit, isUnseen, planFiles, reachSteps, sightOf } from './plan-machines.ts';
import type { PlanDraft } from './step.ts';

/** Subject of the steps about the cluster as a whole. */
export function clusterSubject(intent: Intent): string {
  return `${intent.topology.name}-cluster`;
}

export function planSearch(draft: PlanDraft, intent: Intent, observation: Observation): void {
  const formation = formationOf(intent, observation);
  if (formation.state === 'unclear') {
    draft.obstacle(
      clusterSubject(intent),
      `It is not clear whether a cluster exists: ${formation.unseen.join(', ')} could not be looked into. A cluster is ` +
        'formed only when every search machine was seen to hold no data. Bring them up, or delete them if they are lost.',
    );
  }
  const machines = machinesFor(intent, 'search');
  const starts = machines.map((machine) => planEngine(draft, intent, observation, machine, formation));
  const pending = starts.filter((id) => id !== undefined);
  if (pending.length > 0) planMembers(draft, intent, formation, pending);
  planRestarts(draft, intent, observation);
  planIndex(draft, intent, observation, formation);
}

/** Returns the id of the step that starts this machine's engine, when there is one. */
function planEngine(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  machine: MachinePlan,
  formation: Formation,
): string | undefined {
  const { label } = machine;
  if (isUnseen(observation, label)) return undefined;
  const { engine, version } = intent.topology.search;
  const layout = engineLayouts[engine];
  const seen = sightOf(observation, label);
  const installed = seen?.packages[layout.packageName]?.replace(/-.*$/, '');
  if (installed !== version) {
    draft.add({
      subject: label,
      action: 'install',
      name: 'package',
      reason: `${label} has ${installed === undefined ? 'no engine' : `${layout.packageName} ${installed}`}; ${version} is asked for.`,
      task: { kind: 'package-install', machine: label },
      after: reachSteps(label),
    });
  }
  if (formation.state === 'unclear') return undefined;
  const inBootstrapForm = seen?.files[layout.configFile]?.hash === engineConfigHash(intent, machine, 'bootstrap');
  const form = formation.state === 'unformed' ? 'bootstrap' : 'formed';
  const unsealed = form === 'formed' && inBootstrapForm;
  planFiles(draft, intent, observation, machine, form, unsealed ? [layout.configFile] : []);
  if (form === 'bootstrap' || unsealed) planSeal(draft, intent, machine);
  const unit = seen?.units[layout.unit];
  if (unit?.active === 'active' && unit.enabled && form === 'formed') return undefined;
  return draft.add({
    subject: label,
    action: 'start',
    reason: seen
      ? `The engine on ${label} is ${unit?.active ?? 'unknown'}${unit?.enabled ? '' : ' and not enabled at boot'}.`
      : `The engine on ${label} has to be started.`,
    task: { kind: 'engine-start', machine: label },
    after: [...reachSteps(label), `${label}/package`, `${label}/files`, `${label}/kernel`],
  });
}

function planMembers(draft: PlanDraft, intent: Intent, formation: Formation, starts: readonly string[]): void {
  const forming = formation.state === 'unformed';
  draft.add({
    subject: clusterSubject(intent),
    action: forming ? 'form' : 'wait',
    name: 'members',
    reason: forming
      ? 'No search machine holds data, so the cluster is formed for the first time.'
      : 'Started engines have to join the cluster.',
    task: { kind: 'cluster-members', forming },
    after: starts,
  });
}

function planSeal(draft: PlanDraft, intent: Intent, machine: MachinePlan): void {
  draft.add({
    subject: machine.label,
    action: 'write',
    name: 'seal',
    reason:
      'The initial masters are named only for the first formation; left in place they could start a second cluster.',
    task: { kind: 'cluster-seal', machine: machine.label },
    after: [`${machine.label}/files`, `${clusterSubject(intent)}/members`],
  });
}

/** Engines that run with other settings than the files say now. */
function planRestarts(draft: PlanDraft, intent: Intent, observation: Observation): void {
  const master = observation.cluster.answered ? observation.cluster.cluster.membership?.master : undefined;
  const machines = machinesFor(intent, 'search').toSorted(
    (a, b) => Number(a.label === master) - Number(b.label === master),
  );
  let previous: string | undefined;
  for (const machine of machines) {
    const { label } = machine;
    const stale = staleSettings(intent, observation, machine);
    if (stale === undefined) continue;
    previous = draft.add({
      subject: label,
      action: 'restart',
      reason: stale,
      task: { kind: 'engine-restart', machine: label },
      after: [
        `${label}/package`,
        `${label}/files`,
        `${label}/seal`,
        `${clusterSubject(intent)}/allocation`,
        `${clusterSubject(intent)}/members`,
        ...(previous === undefined ? [] : [previous]),
      ],
    });
  }
}

/** Undefined when the engine does not run, or runs with what the files should say. */
function staleSettings(intent: Intent, observation: Observation, machine: MachinePlan): string | undefined {
  const { label } = machine;
  const layout = engineLayouts[intent.topology.search.engine];
  const seen = sightOf(observation, label);
  const unit = seen?.units[engineUnit(intent)];
  // An engine that is not active, or not enabled, gets a start step instead, which takes up the files anyway.
  if (!seen || unit?.active !== 'active') return undefined;
  const installed = seen.packages[layout.packageName]?.replace(/-.*$/, '');
  if (installed !== intent.topology.search.version) {
    return `The engine on ${label} runs ${installed ?? 'an unknown version'}, ${intent.topology.search.version} is asked for.`;
  }
  const record = seen.records[engineStartedPath];
  if (record === undefined) return `The engine on ${label} was started before its settings were managed.`;
  const files = filesOf(intent, machine);
  const wrong = engineStartPaths(layout).filter((path) => {
    const content = files.find((file) => file.path === path)?.content ?? '';
    const accepted = [contentHash(content)];
    if (path === layout.configFile) accepted.push(engineConfigHash(intent, machine, 'bootstrap'));
    return !accepted.some((hash) => record.includes(`${hash}  ${path}`));
  });
  return wrong.length > 0 ? `The engine on ${label} was started with another ${wrong.join(' and ')}.` : undefined;
}

function planIndex(draft: PlanDraft, intent: Intent, observation: Observation, formation: Formation): void {
  if (formation.state === 'unclear') return;
  const subject = clusterSubject(intent);
  const { name } = intent.topology.search.index;
  const cluster = observation.cluster.answered ? observation.cluster.cluster : undefined;
  const members = [`${subject}/members`];
  // A cluster that exists but has no master now can be asked for nothing; the next look will tell.
  if (formation.state === 'formed' && cluster?.health === undefined && !draft.has(`${subject}/members`)) return;
  if (!cluster?.template || !templateMatches(cluster.template, indexTemplateOf(intent))) {
    draft.add({
      subject,
      action: cluster?.template ? 'update' : 'create',
      name: 'template',
      reason: `The index template ${name} ${cluster?.template ? 'differs from the one asked for' : 'is missing'}.`,
      task: { kind: 'index-template' },
      after: members,
    });
  }
  if (cluster?.index) planIndexSettings(draft, intent, cluster.index);
  else {
    draft.add({
      subject,
      action: 'create',
      name: 'index',
      reason: `The index ${name} is missing.`,
      task: { kind: 'index-create' },
      after: [...members, `${subject}/template`],
    });
  }
  if (cluster) planLeftovers(draft, subject, cluster);
}

function planIndexSettings(draft: PlanDraft, intent: Intent, index: ObservedIndex): void {
  const subject = clusterSubject(intent);
  const { name, shards, replicas, durability } = intent.topology.search.index;
  if (index.shards !== shards) {
    draft.obstacle(
      name,
      `The index has ${index.shards} primary shards, ${shards} are asked for; only a reindex changes that.`,
    );
  }
  const wrong: string[] = [];
  if (index.replicas !== replicas) wrong.push(`${index.replicas} replicas instead of ${replicas}`);
  if (index.durability !== durability) {
    wrong.push(`translog durability '${index.durability}' instead of '${durability}'`);
  }
  if (wrong.length === 0) return;
  draft.add({
    subject,
    action: 'update',
    name: 'index',
    reason: `The index ${name} has ${wrong.join(' and ')}.`,
    task: { kind: 'index-settings' },
    after: [`${subject}/members`],
  });
}

/** What an interrupted restart or change leaves behind in the cluster. */
function planLeftovers(draft: PlanDraft, subject: string, { allocation, membership }: ObservedCluster): void {
  const after = [`${subject}/members`];
  if (allocation !== 'all') {
    const reason = `Shard allocation is limited to '${allocation}', so lost copies are not made again.`;
    draft.add({ subject, action: 'update', name: 'allocation', reason, task: { kind: 'allocation-open' }, after });
  }
  const excluded = membership?.votingExclusions ?? [];
  if (excluded.length > 0) {
    const reason = `${excluded.join(', ')} may not vote, left over from an earlier change.`;
    draft.add({ subject, action: 'update', name: 'voting', reason, task: { kind: 'voting-clear' }, after });
  }
}
