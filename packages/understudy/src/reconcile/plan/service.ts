// Plans the service on its machines: release, environment and unit, start. A running service is changed by one step, on one machine
// after the other; new ones are started in parallel, before that.
import { shown } from '@understudy/foundation';
import {
  contentHash,
  isRecorded,
  currentRelease,
  partOf,
  rejectedPath,
  releaseIdOf,
  releasesDirectory,
  serviceEnvironmentPath,
  servicePlace,
  serviceSettingsPaths,
  serviceStartedPath,
  serviceUnit,
  type ManagedFile,
  type ObservedMachine,
} from '../../machines/index.ts';
import type { Observation } from '../../observe/index.ts';
import type { MachinePlan } from '../../topology/index.ts';
import { filesOf, machinesFor, type Intent } from '../../operation/index.ts';
import { isUnreadable, observedMachine } from './machine-view.ts';
import { addUnreadParts, planFiles, reachSteps } from './machines.ts';
import { beforeRedirect } from './redirect.ts';
import { rejectionOf, rejectionText } from './rejections.ts';
import { settingDifferences } from './service-settings.ts';
import { ifPlanned, stepId, type StepReference } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

export function planService(draft: PlanDraft, intent: Intent, observation: Observation): void {
  const rejection = rejectionOf(intent, observation);
  if (rejection) draft.obstacle(rejection.machine, rejectionText(rejection, 'here'));
  // Steps on a machine that is replaced come after the changes of those that stay.
  const staying = machinesFor(intent, 'service').filter(({ label }) => !draft.has(stepId.instanceReplace(label)));
  const running: MachinePlan[] = [];
  for (const machine of machinesFor(intent, 'service')) {
    const { label } = machine;
    if (isUnreadable(observation, label)) continue;
    const seen = observedMachine(observation, label);
    planServiceFiles(draft, intent, observation, machine);
    if (!isRead(draft, seen, label) || rejection) continue;
    planUnpack(draft, intent, label, seen);
    if (seen && shown(partOf(seen.units, serviceUnit))?.active === 'active') running.push(machine);
    else planStart(draft, intent, machine, seen);
  }
  const before = [...beforeChanges(draft, intent, staying), ...beforeRedirect(intent, observation)];
  for (const machine of running) planChange(draft, intent, observation, machine, before);
}

/** The content of environment and unit changes with the service alone, in the step that restarts it. */
function planServiceFiles(draft: PlanDraft, intent: Intent, observation: Observation, machine: MachinePlan): void {
  const seen = observedMachine(observation, machine.label);
  const withTheService = settingsOf(intent, machine).filter(
    ({ path, content }) => seen && shown(partOf(seen.files, path))?.hash !== contentHash(content),
  );
  planFiles(
    draft,
    intent,
    observation,
    machine,
    'formed',
    withTheService.map(({ path }) => path),
  );
}

function settingsOf(intent: Intent, machine: MachinePlan): ManagedFile[] {
  const paths: readonly string[] = serviceSettingsPaths;
  return filesOf(intent, machine).filter(({ path }) => paths.includes(path));
}

/** Adds obstacles for what could not be read. */
function isRead(draft: PlanDraft, seen: ObservedMachine | undefined, label: string): boolean {
  if (!seen) return true;
  const parts = [
    [`The current release (${currentRelease})`, partOf(seen.links, currentRelease)],
    [`The unit ${serviceUnit}`, partOf(seen.units, serviceUnit)],
    [`What the service was started with (${serviceStartedPath})`, partOf(seen.records, serviceStartedPath)],
    [`The list of rejected releases (${rejectedPath})`, partOf(seen.records, rejectedPath)],
    ...serviceSettingsPaths.map((path) => [path, partOf(seen.files, path)] as const),
  ] as const;
  return !addUnreadParts(draft, label, parts);
}

function releaseOn(seen: ObservedMachine | undefined): string | undefined {
  return releaseIdOf(seen && shown(partOf(seen.links, currentRelease)), servicePlace);
}

function planUnpack(draft: PlanDraft, intent: Intent, label: string, seen: ObservedMachine | undefined): void {
  const current = releaseOn(seen);
  if (current === intent.release.id) return;
  draft.add({
    id: stepId.serviceRelease(label),
    subject: label,
    action: 'deploy',
    reason: `${label} has ${current === undefined ? 'no release' : `the release ${current}`}; ${intent.release.id} is unpacked beside it.`,
    task: { kind: 'release-unpack', machine: label },
    after: reachSteps(label),
  });
}

/** A service that does not run serves nobody: it is started at once. */
function planStart(draft: PlanDraft, intent: Intent, machine: MachinePlan, seen: ObservedMachine | undefined): void {
  const { label } = machine;
  const unit = seen && shown(partOf(seen.units, serviceUnit));
  const why = seen
    ? `The service on ${label} is ${unit?.active ?? 'not installed'}.`
    : `The service on ${label} has to be started.`;
  const differences = seen && unit ? settingDifferences(settingsOf(intent, machine), seen) : [];
  draft.add({
    id: stepId.serviceRun(label),
    subject: label,
    action: 'start',
    reason: [why, ...sentence(label, differences)].join(' '),
    task: { kind: 'service-start', machine: label },
    after: [...ownSteps(label), ...engineSteps(intent), ...firewallSteps(intent)],
  });
}

function planChange(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  machine: MachinePlan,
  before: readonly StepReference[],
): void {
  const { label } = machine;
  const reason = changeReason(intent, observation, machine);
  if (reason === undefined) return;
  draft.add({
    id: stepId.serviceRun(label),
    subject: label,
    action: 'restart',
    reason,
    task: { kind: 'service-change', machine: label },
    after: [...ownSteps(label), ...engineSteps(intent), ...firewallSteps(intent), ...before],
  });
}

/** Whether the service of the machine was seen to run with the intended environment, so that it listens where the topology says. */
export function listensAsAsked(intent: Intent, observation: Observation, machine: MachinePlan): boolean {
  const seen = observedMachine(observation, machine.label);
  const environment = settingsOf(intent, machine).find(({ path }) => path === serviceEnvironmentPath);
  const started = seen && shown(partOf(seen.records, serviceStartedPath));
  return environment !== undefined && isRecorded(started ?? '', environment);
}

function ownSteps(label: string): StepReference[] {
  // The application may ask the gateway from its start.
  const { machineFiles, machineKernel, serviceRelease, serviceKeys, gatewayRun } = stepId;
  const own = [machineFiles, machineKernel, serviceRelease, serviceKeys, gatewayRun];
  return [...reachSteps(label), ...own.map((idOn) => ifPlanned(idOn(label)))];
}

/** The balancer must reach the port on which the service listens from now on. */
function firewallSteps({ topology }: Intent): StepReference[] {
  return [ifPlanned(stepId.firewallUpdate(topology.name, 'service'))];
}

/** A service with a readiness path may answer there only when the engine does. */
function engineSteps({ topology }: Intent): StepReference[] {
  if (topology.service.readyPath === undefined) return [];
  return [
    ifPlanned(stepId.clusterMembers(topology.name)),
    ...topology.search.indices.map((_, order) => ifPlanned(stepId.index(topology.name, order))),
  ];
}

/**
 * What comes before any change of a running service: the release is on every machine, those that do not run are started, and those
 * that were drained get requests again.
 */
function beforeChanges(draft: PlanDraft, { topology }: Intent, machines: readonly MachinePlan[]): StepReference[] {
  return machines.flatMap(({ label, ordinal }) => [
    ifPlanned(stepId.serviceRelease(label)),
    // Changes are not planned yet: what is there is a start.
    ...(draft.has(stepId.serviceRun(label)) ? [stepId.serviceRun(label)] : []),
    ...topology.balancer.listeners.map(({ port }) => ifPlanned(stepId.backend(topology.name, port, ordinal))),
  ]);
}

/** Why the running service must be changed or restarted; undefined when it runs as intended. */
function changeReason(intent: Intent, observation: Observation, machine: MachinePlan): string | undefined {
  const { label } = machine;
  const seen = observedMachine(observation, label);
  if (!seen) return undefined;
  const unit = shown(partOf(seen.units, serviceUnit));
  const record = shown(partOf(seen.records, serviceStartedPath)) ?? '';
  const settings = settingsOf(intent, machine);
  const differences = settingDifferences(settings, seen);
  const stale = settings
    .filter(({ path, content }) => shown(partOf(seen.files, path))?.hash === contentHash(content))
    .filter((file) => !isRecorded(record, file))
    .map(({ path }) => path);
  const current = releaseOn(seen);
  const { id } = intent.release;
  const reasons = [
    ...(current === id
      ? []
      : [
          `The service on ${label} has ${current === undefined ? 'no release' : `the release ${current}`}; ${id} is asked for.`,
        ]),
    ...sentence(label, differences),
    ...(stale.length === 0 ? [] : [`The service on ${label} was started with another ${stale.join(' and ')}.`]),
    ...(current !== id || record.split('\n').includes(`${releasesDirectory}/${id}`)
      ? []
      : [`The service on ${label} was started from another release.`]),
    ...(unit?.enabled === false ? [`The service on ${label} is not enabled at boot.`] : []),
  ];
  return reasons.length === 0 ? undefined : reasons.join(' ');
}

/** Clauses about a machine as one sentence; nothing for none. */
function sentence(label: string, clauses: readonly string[]): string[] {
  return clauses.length === 0 ? [] : [`On ${label} ${clauses.join(', ')}.`];
}
