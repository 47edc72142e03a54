// Plans the gateway on the service machines: its release, its start, its replacement on one machine after the other, and its removal when
// the topology has it off. The machine is not drained for a replacement: the socket stays open, and nothing that was taken is cut off.
import { shown } from '@understudy/foundation';
import {
  contentHash,
  isRecorded,
  gatewayPaths,
  gatewayPlace,
  gatewaySocket,
  gatewayStartedPath,
  gatewayStartPaths,
  gatewayUnit,
  partOf,
  releaseIdOf,
  type ManagedFile,
  type ObservedMachine,
} from '../../machines/index.ts';
import type { Observation } from '../../observe/index.ts';
import { gatewayFilesOf, machinesFor, type Intent } from '../../operation/index.ts';
import { isUnreadable, observedMachine } from './machine-view.ts';
import { addUnreadParts, reachSteps } from './machines.ts';
import { rejectionOf } from './rejections.ts';
import { ifPlanned, stepId, type StepReference } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

export function planGateway(draft: PlanDraft, intent: Intent, observation: Observation): void {
  const { gatewayRelease } = intent;
  const files = gatewayFilesOf(intent);
  // A service that is not changed keeps the gateway that it asks.
  const isServiceHeld = rejectionOf(intent, observation) !== undefined;
  for (const { label } of machinesFor(intent, 'service')) {
    if (isUnreadable(observation, label)) continue;
    const seen = observedMachine(observation, label);
    if (seen && addUnreadParts(draft, label, partsOf(seen))) continue;
    if (gatewayRelease === undefined) {
      if (seen && !isServiceHeld) planRemoval(draft, label, seen);
      continue;
    }
    planUnpack(draft, label, gatewayRelease.id, seen);
    planRun(draft, intent, { label, files, release: gatewayRelease.id, seen });
  }
}

function partsOf(seen: ObservedMachine) {
  return [
    [`The unit ${gatewayUnit}`, partOf(seen.units, gatewayUnit)],
    [`The unit ${gatewaySocket}`, partOf(seen.units, gatewaySocket)],
    [`The current release of the gateway (${gatewayPlace.current})`, partOf(seen.links, gatewayPlace.current)],
    [`What the gateway was started with (${gatewayStartedPath})`, partOf(seen.records, gatewayStartedPath)],
    ...gatewayPaths.map((path) => [path, partOf(seen.files, path)] as const),
  ] as const;
}

function releaseOn(seen: ObservedMachine | undefined): string | undefined {
  return seen && releaseIdOf(shown(partOf(seen.links, gatewayPlace.current)), gatewayPlace);
}

function planUnpack(draft: PlanDraft, label: string, id: string, seen: ObservedMachine | undefined): void {
  const current = releaseOn(seen);
  if (current === id) return;
  const there = current === undefined ? 'no release of the gateway' : `the gateway ${current}`;
  draft.add({
    id: stepId.gatewayRelease(label),
    subject: label,
    action: 'deploy',
    reason: `${label} has ${there}; ${id} is unpacked beside it.`,
    task: { kind: 'gateway-unpack', machine: label },
    after: reachSteps(label),
  });
}

interface Wanted {
  readonly label: string;
  readonly files: readonly ManagedFile[];
  readonly release: string;
  readonly seen: ObservedMachine | undefined;
}

/** One that does not run is started at once; one that runs is replaced, one machine after the other. */
function planRun(draft: PlanDraft, intent: Intent, wanted: Wanted): void {
  const { label, seen } = wanted;
  const unit = seen && shown(partOf(seen.units, gatewayUnit));
  const runs = unit?.active === 'active';
  const differences = differencesOf(wanted);
  if (runs && differences.length === 0) return;
  const why = !seen
    ? `The gateway on ${label} has to be started.`
    : runs
      ? `On ${label} ${differences.join(', ')}.`
      : `The gateway on ${label} is ${unit?.active ?? 'not installed'}.`;
  draft.add({
    id: stepId.gatewayRun(label),
    subject: label,
    action: runs ? 'restart' : 'start',
    reason: why,
    task: { kind: runs ? 'gateway-change' : 'gateway-start', machine: label },
    after: [
      ...reachSteps(label),
      ifPlanned(stepId.gatewayRelease(label)),
      ...(runs ? everywhere(intent) : []),
      // It proves itself by reaching the engine.
      ifPlanned(stepId.clusterMembers(intent.topology.name)),
    ],
  });
}

/** Before the first replacement the release is on every machine, and those that do not run are started. */
function everywhere(intent: Intent): StepReference[] {
  return machinesFor(intent, 'service').map(({ label }) => ifPlanned(stepId.gatewayRelease(label)));
}

/** Clauses about a gateway that is there: `the gateway runs from another release`. */
function differencesOf({ files, release, seen }: Wanted): string[] {
  if (!seen) return [];
  const current = releaseOn(seen);
  const record = shown(partOf(seen.records, gatewayStartedPath)) ?? '';
  const changed = files.filter((file) => {
    const there = shown(partOf(seen.files, file.path));
    return there?.hash !== contentHash(file.content) || there.mode !== file.mode || there.owner !== file.owner;
  });
  const startedFrom: readonly string[] = gatewayStartPaths;
  const stale = files.filter(
    (file) => startedFrom.includes(file.path) && !changed.includes(file) && !isRecorded(record, file),
  );
  const socket = shown(partOf(seen.units, gatewaySocket));
  const unit = shown(partOf(seen.units, gatewayUnit));
  return [
    ...(current === release
      ? []
      : [
          `the gateway has ${current === undefined ? 'no release' : `the release ${current}`}; ${release} is asked for`,
        ]),
    ...changed.map(({ path }) => `${path} differs from what was written`),
    ...stale.map(({ path }) => `the gateway was started with another ${path}`),
    ...(current !== release || record.split('\n').includes(`${gatewayPlace.releases}/${release}`)
      ? []
      : ['the gateway was started from another release']),
    ...(socket?.active === 'active' ? [] : [`${gatewaySocket} is ${socket?.active ?? 'missing'}`]),
    ...(unit?.enabled === false || socket?.enabled === false ? ['the gateway is not enabled at boot'] : []),
  ];
}

/** After the application there asks the nodes themselves. */
function planRemoval(draft: PlanDraft, label: string, seen: ObservedMachine): void {
  const left = [
    ...[gatewayUnit, gatewaySocket].filter((unit) => shown(partOf(seen.units, unit)) !== undefined),
    ...gatewayPaths.filter((path) => shown(partOf(seen.files, path)) !== undefined),
    ...(shown(partOf(seen.links, gatewayPlace.current)) === undefined ? [] : [gatewayPlace.current]),
  ];
  if (left.length === 0) return;
  draft.add({
    id: stepId.gatewayRemove(label),
    subject: label,
    action: 'delete',
    reason: `service.gateway is off, and ${label} has ${left.join(', ')}.`,
    task: { kind: 'gateway-remove', machine: label },
    after: [...reachSteps(label), ifPlanned(stepId.serviceRun(label))],
  });
}
