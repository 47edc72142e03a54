// Plans the service on its machines: environment and unit, release, start. Running instances are restarted one at a time; new ones
// are started in parallel.
import { absent, shown } from '@understudy/foundation';
import {
  contentHash,
  currentRelease,
  partOf,
  releasesDirectory,
  serviceEnvironmentPath,
  serviceStartedPath,
  serviceUnit,
  serviceUnitPath,
} from '../../machines/index.ts';
import type { Observation } from '../../observe/index.ts';
import type { MachinePlan } from '../../topology/index.ts';
import { filesOf, machinesFor, type Intent } from '../../operation/index.ts';
import { isUnreadable, observedMachine } from './machine-view.ts';
import { addUnreadParts, planFiles, reachSteps } from './machines.ts';
import { ifPlanned, stepId } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

export function planService(draft: PlanDraft, intent: Intent, observation: Observation): void {
  for (const machine of machinesFor(intent, 'service')) {
    const { label } = machine;
    if (isUnreadable(observation, label)) continue;
    const seen = observedMachine(observation, label);
    planFiles(draft, intent, observation, machine, 'formed');
    const directory = `${releasesDirectory}/${intent.release.id}`;
    const link = seen ? partOf(seen.links, currentRelease) : absent;
    const unit = seen ? partOf(seen.units, serviceUnit) : absent;
    const record = seen ? partOf(seen.records, serviceStartedPath) : absent;
    const parts = [
      [`The current release (${currentRelease})`, link],
      [`The unit ${serviceUnit}`, unit],
      [`What the service was started with (${serviceStartedPath})`, record],
    ] as const;
    if (addUnreadParts(draft, label, parts)) continue;
    const current = shown(link);
    if (current !== directory) {
      draft.add({
        id: stepId.serviceRelease(label),
        subject: label,
        action: 'deploy',
        reason: `${label} has ${current === undefined ? 'no release' : `the release ${current.slice(releasesDirectory.length + 1)}`}; ${intent.release.id} is asked for.`,
        task: { kind: 'release-deploy', machine: label },
        after: reachSteps(label),
      });
    }
    const reason = startReason(intent, observation, machine);
    if (reason === undefined) continue;
    const running = shown(unit)?.active === 'active';
    draft.add({
      id: stepId.serviceRun(label),
      subject: label,
      action: running ? 'restart' : 'start',
      reason,
      task: { kind: running ? 'service-restart' : 'service-start', machine: label },
      after: [
        ...reachSteps(label),
        ...[stepId.machineFiles, stepId.machineKernel, stepId.serviceRelease].map((idOn) => ifPlanned(idOn(label))),
      ],
    });
  }
}

/** Why the service must be started or restarted; undefined when it runs as intended. */
function startReason(intent: Intent, observation: Observation, machine: MachinePlan): string | undefined {
  const { label } = machine;
  const seen = observedMachine(observation, label);
  if (!seen) return `The service on ${label} has to be started.`;
  const unit = shown(partOf(seen.units, serviceUnit));
  if (unit?.active !== 'active') return `The service on ${label} is ${unit?.active ?? 'not installed'}.`;
  if (!unit.enabled) return `The service on ${label} is not enabled at boot.`;
  const record = shown(partOf(seen.records, serviceStartedPath)) ?? '';
  const wrong = filesOf(intent, machine)
    .filter(({ path }) => path === serviceEnvironmentPath || path === serviceUnitPath)
    .filter(({ path, content }) => !record.includes(`${contentHash(content)}  ${path}`))
    .map(({ path }) => path);
  if (wrong.length > 0) return `The service on ${label} was started with another ${wrong.join(' and ')}.`;
  if (!record.split('\n').includes(`${releasesDirectory}/${intent.release.id}`)) {
    return `The service on ${label} was started from another release.`;
  }
  return undefined;
}
