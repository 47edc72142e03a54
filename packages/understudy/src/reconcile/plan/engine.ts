// Plans the engine on one search machine: its package, the move of a separate cluster's state, settings, start.
import { upgradeProblem, engineLayouts } from '../../engines/index.ts';
import { absent, shown, type Seen } from '@understudy/foundation';
import { partOf, type ObservedMachine, type ObservedPackage } from '../../machines/index.ts';
import type { Observation } from '../../observe/index.ts';
import type { MachinePlan } from '../../topology/index.ts';
import type { Formation } from './formation.ts';
import { engineConfigHash, type Intent } from '../../operation/index.ts';
import { isUnreadable, observedMachine } from './machine-view.ts';
import { addUnreadParts, planFiles, reachSteps } from './machines.ts';
import { planCertificate } from './security.ts';
import { ifPlanned, stepId, type StepId } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

/** Returns the id of the step that starts this machine's engine, if there is one. */
export function planEngine(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  machine: MachinePlan,
  formation: Formation,
): StepId | undefined {
  const { label } = machine;
  if (isUnreadable(observation, label)) return undefined;
  const layout = engineLayouts[intent.topology.search.engine];
  const seen = observedMachine(observation, label);
  const unit = seen ? partOf(seen.units, layout.unit) : absent;
  const packaged = seen ? partOf(seen.packages, layout.packageName) : absent;
  const settings = seen ? partOf(seen.files, layout.configFile) : absent;
  const parts = [
    [`The unit ${layout.unit}`, unit],
    [`The package ${layout.packageName}`, packaged],
    [layout.configFile, settings],
  ] as const;
  if (addUnreadParts(draft, label, parts)) return undefined;
  const state = shown(unit);
  if (planPackage(draft, intent, machine, { seen, packaged, active: state?.active === 'active' }) === 'refused')
    return undefined;
  if (formation.state === 'unclear') return undefined;
  const inBootstrapForm = shown(settings)?.hash === engineConfigHash(intent, machine, 'bootstrap');
  const form = formation.state === 'unformed' ? 'bootstrap' : 'formed';
  const hasSeparateCluster = formation.separate.has(label);
  if (hasSeparateCluster) planSetAside(draft, machine);
  const namesInitialMasters = form === 'formed' && inBootstrapForm;
  planFiles(draft, intent, observation, machine, form, namesInitialMasters ? [layout.configFile] : []);
  planCertificate(draft, intent, observation, machine);
  if (form === 'bootstrap' || namesInitialMasters) planRemoveInitialMasters(draft, intent, machine);
  if (state?.active === 'active' && state.enabled && form === 'formed' && !hasSeparateCluster) return undefined;
  return draft.add({
    id: stepId.engineStart(label),
    subject: label,
    action: 'start',
    reason: seen
      ? `The engine on ${label} is ${state?.active ?? 'not installed'}${state?.enabled ? '' : ' and not enabled at boot'}.`
      : `The engine on ${label} has to be started.`,
    task: { kind: 'engine-start', machine: label },
    after: [
      ...reachSteps(label),
      ...[
        ...[stepId.enginePackage, stepId.engineSetAside, stepId.machineFiles],
        ...[stepId.machineCertificate, stepId.machineKernel],
      ].map((idOn) => ifPlanned(idOn(label))),
    ],
  });
}

/** An engine that was started before its settings were written formed a separate cluster, and with that state it cannot join another. */
function planSetAside(draft: PlanDraft, { label }: MachinePlan): void {
  draft.add({
    id: stepId.engineSetAside(label),
    subject: label,
    action: 'update',
    reason: `The engine on ${label} was started before its settings were written and formed a separate cluster, without any index: its state is moved to another directory.`,
    task: { kind: 'data-set-aside', machine: label },
    after: [...reachSteps(label), ifPlanned(stepId.enginePackage(label))],
  });
}

interface PackageView {
  readonly seen: ObservedMachine | undefined;
  readonly packaged: Seen<ObservedPackage>;
  readonly active: boolean;
}

/** An engine that runs another version gets an upgrade step instead; its package is not changed while it runs. */
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
    id: stepId.enginePackage(label),
    subject: label,
    action: 'install',
    reason: `${label} has ${wrong.join(' and ')}; ${packageName} ${version} is asked for.`,
    task: { kind: 'package-install', machine: label },
    after: reachSteps(label),
  });
  return undefined;
}

/** Undefined also after an interrupted installation. */
export function installedVersion(packaged: Seen<ObservedPackage>): string | undefined {
  if (packaged.state !== 'seen' || packaged.value.state !== 'installed') return undefined;
  return packaged.value.version.replace(/-.*$/, '');
}

function planRemoveInitialMasters(draft: PlanDraft, intent: Intent, machine: MachinePlan): void {
  draft.add({
    id: stepId.engineInitialMasters(machine.label),
    subject: machine.label,
    action: 'write',
    reason:
      'The initial masters are set only for the first formation; if they stay in the settings, they could form a second cluster.',
    task: { kind: 'cluster-seal', machine: machine.label },
    after: [
      ifPlanned(stepId.machineFiles(machine.label)),
      // If the engine already runs, the plan may have no step that waits for the members.
      ifPlanned(stepId.clusterMembers(intent.topology.name)),
    ],
  });
}
