// Plans the engine on each search machine and the cluster they make: package, settings, first formation, rolling restarts,
// index. A planned restart takes one machine at a time, the elected master last.
import { templateMatches, upgradeProblem, type ObservedIndex } from '../cluster/index.ts';
import { absent, shown, type Seen } from '../ground/index.ts';
import {
  contentHash,
  engineLayouts,
  engineStartedPath,
  engineStartPaths,
  partOf,
  type ObservedMachine,
  type ObservedPackage,
} from '../machines/index.ts';
import type { Observation } from '../status/index.ts';
import type { MachinePlan } from '../topology/index.ts';
import type { Formation } from './formation.ts';
import { clusterSubject, engineConfigHash, filesOf, indexTemplateOf, machinesFor, type Intent } from './intent.ts';
import { leftoverSteps, planLeftovers } from './plan-leftovers.ts';
import { isUnseen, lookedInto, namesUnread, planFiles, reachSteps } from './plan-machines.ts';
import type { PlanDraft } from './step.ts';

export function planSearch(draft: PlanDraft, intent: Intent, observation: Observation, formation: Formation): void {
  if (formation.state === 'unclear') {
    draft.blind(
      clusterSubject(intent),
      `It is not clear whether a cluster exists: ${formation.unseen.join(', ')} could not be looked into. A cluster is ` +
        'formed only when every search machine was seen to hold no data. Bring them up, or delete them if they are lost.',
    );
  }
  const machines = machinesFor(intent, 'search');
  const starting: string[] = [];
  for (const machine of machines) {
    const start = planEngine(draft, intent, observation, machine, formation);
    if (start === undefined) continue;
    if (draft.has(`${machine.label}/replace`)) planJoin(draft, machine.label, start);
    else starting.push(start);
  }
  if (starting.length > 0) planMembers(draft, intent, formation, starting);
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
  const layout = engineLayouts[intent.topology.search.engine];
  const seen = lookedInto(observation, label);
  const unit = seen ? partOf(seen.units, layout.unit) : absent;
  const packaged = seen ? partOf(seen.packages, layout.packageName) : absent;
  const settings = seen ? partOf(seen.files, layout.configFile) : absent;
  const parts = [
    [`The unit ${layout.unit}`, unit],
    [`The package ${layout.packageName}`, packaged],
    [layout.configFile, settings],
  ] as const;
  if (namesUnread(draft, label, parts)) return undefined;
  const state = shown(unit);
  if (planPackage(draft, intent, machine, { seen, packaged, active: state?.active === 'active' }) === 'refused')
    return undefined;
  if (formation.state === 'unclear') return undefined;
  const inBootstrapForm = shown(settings)?.hash === engineConfigHash(intent, machine, 'bootstrap');
  const form = formation.state === 'unformed' ? 'bootstrap' : 'formed';
  const stray = formation.strays.has(label);
  if (stray) planSetAside(draft, machine);
  const unsealed = form === 'formed' && inBootstrapForm;
  planFiles(draft, intent, observation, machine, form, unsealed ? [layout.configFile] : []);
  if (form === 'bootstrap' || unsealed) planSeal(draft, intent, machine);
  if (state?.active === 'active' && state.enabled && form === 'formed' && !stray) return undefined;
  return draft.add({
    subject: label,
    action: 'start',
    reason: seen
      ? `The engine on ${label} is ${state?.active ?? 'not installed'}${state?.enabled ? '' : ' and not enabled at boot'}.`
      : `The engine on ${label} has to be started.`,
    task: { kind: 'engine-start', machine: label },
    after: [...reachSteps(label), `${label}/package`, `${label}/set-aside`, `${label}/files`, `${label}/kernel`],
  });
}

/** An engine that was started once before its settings came made a cluster of its own, and with that would never join another. */
function planSetAside(draft: PlanDraft, { label }: MachinePlan): void {
  draft.add({
    subject: label,
    action: 'update',
    name: 'set-aside',
    reason: `The engine on ${label} was started before its settings came and made a cluster of its own, without any index: its state is moved to a directory beside.`,
    task: { kind: 'data-set-aside', machine: label },
    after: [...reachSteps(label), `${label}/package`],
  });
}

interface PackageView {
  readonly seen: ObservedMachine | undefined;
  readonly packaged: Seen<ObservedPackage>;
  readonly active: boolean;
}

/** An engine that runs another version is upgraded in its turn, and nothing is installed under it before. */
function planPackage(
  draft: PlanDraft,
  intent: Intent,
  { label }: MachinePlan,
  { seen, packaged, active }: PackageView,
): 'refused' | undefined {
  const { engine, version } = intent.topology.search;
  const { packageName } = engineLayouts[engine];
  const installed = installedVersion(packaged);
  const problem = installed === undefined || active ? undefined : upgradeProblem(engine, installed, version);
  if (problem) {
    draft.obstacle(label, problem.sentence);
    return 'refused';
  }
  const state = packaged.state === 'seen' ? packaged.value : undefined;
  const dpkg = seen && shown(seen.dpkg);
  const wrong = [
    ...(state === undefined ? ['no engine'] : []),
    ...(state && state.state !== 'installed' ? [`${packageName} ${state.state}`] : []),
    ...(installed !== undefined && installed !== version && !active ? [`${packageName} ${installed}`] : []),
    ...(installed === version && state?.held === false
      ? [`${packageName} that Debian's own upgrades may replace`]
      : []),
    ...(dpkg?.interrupted === true
      ? [`an installation that was interrupted (${dpkg.unfinished.join(', ') || 'dpkg'})`]
      : []),
  ];
  if (wrong.length === 0) return undefined;
  draft.add({
    subject: label,
    action: 'install',
    name: 'package',
    reason: `${label} has ${wrong.join(' and ')}; ${packageName} ${version} is asked for.`,
    task: { kind: 'package-install', machine: label },
    after: reachSteps(label),
  });
  return undefined;
}

/** Undefined too where an installation stopped half-way. */
function installedVersion(packaged: Seen<ObservedPackage>): string | undefined {
  if (packaged.state !== 'seen' || packaged.value.state !== 'installed') return undefined;
  return packaged.value.version.replace(/-.*$/, '');
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
    // Machines that are replaced come and go one after the other, each with a wait of its own.
    task: {
      kind: 'cluster-members',
      machines: machinesFor(intent, 'search').flatMap(({ label }) => (draft.has(`${label}/replace`) ? [] : [label])),
    },
    after: starts,
  });
}

function planJoin(draft: PlanDraft, label: string, start: string): void {
  draft.add({
    subject: label,
    action: 'wait',
    name: 'join',
    reason: `The new ${label} has to join the cluster.`,
    task: { kind: 'cluster-members', machines: [label] },
    after: [start],
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

/** Engines that run in another version, or with other settings than the files say now. */
function planRestarts(draft: PlanDraft, intent: Intent, observation: Observation): void {
  const cluster = shown(observation.cluster);
  const master = cluster && shown(cluster.membership)?.master;
  const machines = machinesFor(intent, 'search').toSorted(
    (a, b) => Number(a.label === master) - Number(b.label === master),
  );
  let previous: string | undefined;
  for (const machine of machines) {
    const { label } = machine;
    const old = oldVersion(draft, intent, observation, machine);
    const reason = old ?? staleSettings(draft, intent, observation, machine);
    if (reason === undefined) continue;
    previous = draft.add({
      subject: label,
      action: old === undefined ? 'restart' : 'upgrade',
      reason,
      task: { kind: old === undefined ? 'engine-restart' : 'engine-upgrade', machine: label },
      after: [
        `${label}/package`,
        `${label}/files`,
        `${label}/seal`,
        ...leftoverSteps(intent),
        `${clusterSubject(intent)}/members`,
        ...(previous === undefined ? [] : [previous]),
      ],
    });
  }
}

/** Why an engine that runs has to be upgraded: what is installed under it, or what it was started from, is another version. */
function oldVersion(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  { label }: MachinePlan,
): string | undefined {
  const { engine, version } = intent.topology.search;
  const layout = engineLayouts[engine];
  const machine = lookedInto(observation, label);
  if (!machine || shown(partOf(machine.units, layout.unit))?.active !== 'active') return undefined;
  const installed = installedVersion(partOf(machine.packages, layout.packageName));
  const cluster = shown(observation.cluster);
  const versions = cluster?.versions;
  if (versions?.state === 'unknown') draft.unseen(label, 'The version that its engine runs', versions);
  const running = (versions && shown(versions)?.[label]) ?? installed;
  if (running === undefined || (running === version && installed === version)) return undefined;
  const problem = upgradeProblem(engine, running, version);
  if (problem) {
    draft.obstacle(label, problem.sentence);
    return undefined;
  }
  return `The engine on ${label} runs ${running}${installed === running ? '' : ` while ${installed ?? 'nothing'} is installed`}; ${version} is asked for.`;
}

/** Undefined when the engine does not run, or runs with what the files should say. */
function staleSettings(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  machine: MachinePlan,
): string | undefined {
  const { label } = machine;
  const layout = engineLayouts[intent.topology.search.engine];
  const seen = lookedInto(observation, label);
  // An engine that is not active, or not enabled, gets a start step instead, which takes up the files anyway.
  if (!seen || shown(partOf(seen.units, layout.unit))?.active !== 'active') return undefined;
  const started = partOf(seen.records, engineStartedPath);
  if (namesUnread(draft, label, [[`What the engine was started with (${engineStartedPath})`, started]]))
    return undefined;
  const record = shown(started);
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
  const cluster = shown(observation.cluster);
  const members = [`${subject}/members`];
  // Nothing can be said of a cluster that does not answer; what its engines need comes first, and the next look will tell.
  const answers = cluster?.membership.state === 'seen' && cluster.membership.value.master !== undefined;
  if (formation.state === 'formed' && !answers) return;
  // A cluster that is about to be formed holds nothing.
  const { template, index } = formation.state === 'formed' && cluster ? cluster : { template: absent, index: absent };
  if (template.state === 'unknown') draft.unseen(subject, `The index template ${name}`, template);
  else if (template.state === 'absent' || !templateMatches(template.value, indexTemplateOf(intent))) {
    draft.add({
      subject,
      action: template.state === 'seen' ? 'update' : 'create',
      name: 'template',
      reason: `The index template ${name} ${template.state === 'seen' ? 'differs from the one asked for' : 'is missing'}.`,
      task: { kind: 'index-template' },
      after: members,
    });
  }
  if (index.state === 'unknown') draft.unseen(subject, `The index ${name}`, index);
  else if (index.state === 'seen') planIndexSettings(draft, intent, index.value);
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
  if (cluster) planLeftovers(draft, intent, cluster);
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
