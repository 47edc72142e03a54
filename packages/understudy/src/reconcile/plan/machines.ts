// Plans the machines: each exists, runs, is reachable, and has its files and kernel settings.
import { absent, shown, type Seen, type Unknown } from '@understudy/foundation';
import type { Instance } from '../../linode/index.ts';
import {
  contentHash,
  kernelSettings,
  partOf,
  sysctlPath,
  sysctlUnit,
  upgradesTimer,
  type EngineForm,
  type ManagedFile,
  type ObservedMachine,
} from '../../machines/index.ts';
import { backendsNamed, instanceNamed, membershipOf, offCode, type Observation } from '../../observe/index.ts';
import { tagOf, type MachinePlan } from '../../topology/index.ts';
import { askedMachine, filesOf, machinesFor, type Intent } from '../../operation/index.ts';
import { isStarting, observedMachine } from './machine-view.ts';
import { networkSteps } from './network.ts';
import { ifPlanned, stepId, type StepId, type StepReference } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

/** After this time a running cloud-init is not waited for any more; no step depends on it. */
const cloudInitS = 120;

/** Steps that must be done before a machine accepts commands; none for a machine that answers. */
export function reachSteps(label: string): readonly StepReference[] {
  return [ifPlanned(stepId.instanceReady(label))];
}

export function planDeleting(draft: PlanDraft, intent: Intent, { objects }: Observation): void {
  for (const { id, label, status } of objects.instances) {
    if (status !== 'deleting' || !askedMachine(intent, label)) continue;
    draft.add({
      id: stepId.instanceGone(label),
      subject: label,
      action: 'wait',
      reason: `The former ${label} is being deleted, and its label is in use until that has ended.`,
      task: { kind: 'instance-gone', machine: label, instanceId: id },
    });
  }
}

export function planMachines(draft: PlanDraft, intent: Intent, observation: Observation): void {
  for (const machine of machinesFor(intent)) {
    const instance = instanceNamed(observation.objects, machine.label);
    if (!instance) planCreation(draft, intent, machine);
    else planExisting(draft, intent, observation, machine, instance);
  }
}

function planCreation(draft: PlanDraft, intent: Intent, machine: MachinePlan): void {
  const { name } = intent.topology;
  const { label, role, machineType, vpcAddress } = machine;
  const create = draft.add({
    id: stepId.instanceCreate(label),
    subject: label,
    action: 'create',
    reason: `${label} does not exist; it becomes a ${machineType} with the private address ${vpcAddress}.`,
    task: { kind: 'instance-create', machine: label },
    after: [
      ...networkSteps(name),
      ifPlanned(stepId.instanceGone(label)),
      ifPlanned(stepId.instanceReplace(label)),
      ifPlanned(stepId.firewallCreate(name, role)),
      ifPlanned(stepId.firewallUpdate(name, role)),
      ifPlanned(stepId.placementGroupCreate(machine.placementGroup)),
    ],
  });
  planWait(draft, label, 'A new machine has to boot and finish cloud-init.', create);
}

/** `first` is the step of this plan that creates, boots or reboots the machine, if there is one. */
function planWait(draft: PlanDraft, label: string, reason: string, first?: StepId): void {
  draft.add({
    id: stepId.instanceReady(label),
    subject: label,
    action: 'wait',
    reason,
    task: { kind: 'machine-ready', machine: label },
    after: [...(first === undefined ? [] : [first]), ifPlanned(stepId.firewallAttach(label))],
  });
}

function planExisting(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  machine: MachinePlan,
  instance: Instance,
): void {
  const { label } = machine;
  if (!instance.tags.includes(tagOf(intent.topology.name))) {
    draft.add({
      id: stepId.instanceTag(label),
      subject: label,
      action: 'update',
      reason: `${label} does not have the tag of this system.`,
      task: { kind: 'instance-tag', machine: label },
    });
  }
  if (instance.status === 'offline' || instance.status === 'stopped') {
    const boot = draft.add({
      id: stepId.instanceBoot(label),
      subject: label,
      action: 'boot',
      reason: `${label} is powered off.`,
      task: { kind: 'instance-boot', machine: label },
    });
    planWait(draft, label, 'A booted machine has to become reachable.', boot);
    return;
  }
  const observed = observation.machines[label] ?? absent;
  if (observed.state === 'unknown') planUnreached(draft, observation, instance, observed);
  else if (observed.state === 'seen') {
    const cloudInit = shown(observed.value.cloudInit);
    if (cloudInit?.status === 'running' && (cloudInit.runningS ?? 0) < cloudInitS) {
      planWait(draft, label, 'Its cloud-init has not finished.');
    }
  }
}

function planUnreached(draft: PlanDraft, observation: Observation, instance: Instance, observed: Unknown): void {
  const { label } = instance;
  if (observed.code === 'machines-host-key') draft.obstacle(label, observed.reason);
  else if (observed.code === offCode || isStarting(observation, instance)) {
    planWait(draft, label, `${label} does not answer yet: ${observed.reason}`);
  } else if (serves(observation, label)) {
    draft.unseenObstacle(
      label,
      `It serves, but does not answer over SSH, so nothing on it can be changed: ${observed.reason}`,
    );
  } else {
    const reboot = draft.add({
      id: stepId.instanceReboot(label),
      subject: label,
      action: 'reboot',
      reason: `Linode says that ${label} runs, but it is unreachable: ${observed.reason}.`,
      task: { kind: 'instance-reboot', machine: label },
    });
    planWait(draft, label, 'A rebooted machine has to become reachable.', reboot);
  }
}

function serves({ cluster, objects }: Observation, label: string): boolean {
  return (
    membershipOf({ cluster }, label) === 'member' || backendsNamed(objects, label).some(({ status }) => status === 'UP')
  );
}

/** A file that differs from the intended one. */
interface FileDifference {
  readonly path: string;
  /** The clause that says what is wrong: `is missing`. */
  readonly clause: string;
}

/** Files that differ from the intended ones; for a machine that does not exist yet, every file. */
function fileDifferences(files: readonly ManagedFile[], machine: ObservedMachine | undefined): FileDifference[] {
  return files.flatMap((file) => {
    const clause = fileDifference(file, machine ? partOf(machine.files, file.path) : absent);
    return clause === undefined ? [] : [{ path: file.path, clause }];
  });
}

function fileDifference(
  file: ManagedFile,
  there: Seen<{ hash: string; mode: string; owner: string }>,
): string | undefined {
  if (there.state === 'unknown') return undefined;
  if (there.state === 'absent') return 'is missing';
  const { hash, mode, owner } = there.value;
  if (hash !== contentHash(file.content)) return 'differs from what was written';
  if (mode !== file.mode) return `has the mode ${mode} instead of ${file.mode}`;
  return owner === file.owner ? undefined : `belongs to ${owner} instead of ${file.owner}`;
}

/** Adds an obstacle for each part that could not be read; true when there was one. */
export function addUnreadParts(
  draft: PlanDraft,
  label: string,
  parts: readonly (readonly [what: string, part: Seen<unknown>])[],
): boolean {
  const unread = parts.filter(([, { state }]) => state === 'unknown');
  for (const [what, part] of unread) if (part.state === 'unknown') draft.unreadPart(label, what, part);
  return unread.length > 0;
}

/** Plans the steps `files` and `kernel` of one machine. `form` is the intended form of the engine's settings file. */
export function planFiles(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  machine: MachinePlan,
  form: EngineForm,
  ignore: readonly string[] = [],
): void {
  const seen = observedMachine(observation, machine.label);
  const files = filesOf(intent, machine, form).filter(({ path }) => !ignore.includes(path));
  const parts = files.map(({ path }) => [path, seen ? partOf(seen.files, path) : absent] as const);
  if (addUnreadParts(draft, machine.label, parts)) return;
  const differences = fileDifferences(files, seen);
  if (differences.length > 0) {
    const reason = seen
      ? `On ${machine.label} ${differences.map(({ path, clause }) => `${path} ${clause}`).join('; ')}.`
      : 'A new machine has none of its files.';
    draft.add({
      id: stepId.machineFiles(machine.label),
      subject: machine.label,
      action: 'write',
      reason,
      task: { kind: 'files-write', machine: machine.label, form },
      after: [
        ...reachSteps(machine.label),
        ifPlanned(stepId.enginePackage(machine.label)),
        ifPlanned(stepId.engineSetAside(machine.label)),
      ],
    });
  }
  // Changed kernel settings are applied when their file is written.
  const rewritten = differences.some(({ path }) => path === sysctlPath);
  if (seen && !rewritten) planKernel(draft, intent, machine, seen);
}

function planKernel(draft: PlanDraft, intent: Intent, machine: MachinePlan, seen: ObservedMachine): void {
  const wanted = kernelSettings(machine.role, intent.topology.search.failover);
  const wrong = Object.entries(wanted).flatMap(([key, value]) => {
    const there = shown(partOf(seen.sysctls, key));
    return there?.writable && there.value !== value ? [`${key} is ${there.value} instead of ${value}`] : [];
  });
  const unit = partOf(seen.units, sysctlUnit);
  const settings = Object.keys(wanted).map((key) => [`The kernel setting ${key}`, partOf(seen.sysctls, key)] as const);
  const timer = partOf(seen.units, upgradesTimer);
  const units = [[`The unit ${sysctlUnit}`, unit] as const, [`The unit ${upgradesTimer}`, timer] as const];
  if (addUnreadParts(draft, machine.label, [...units, ...settings])) return;
  if (shown(unit)?.enabled !== true) wrong.push(`${sysctlUnit} is not enabled`);
  if (shown(timer)?.enabled !== true) wrong.push(`${upgradesTimer} is not enabled`);
  if (wrong.length === 0) return;
  draft.add({
    id: stepId.machineKernel(machine.label),
    subject: machine.label,
    action: 'update',
    reason: `On ${machine.label} ${wrong.join('; ')}.`,
    task: { kind: 'kernel-apply', machine: machine.label },
    after: [...reachSteps(machine.label), ifPlanned(stepId.machineFiles(machine.label))],
  });
}
