// Plans the list of callers' keys on the service machines, and the secrets with which these know each other. Both are read by the running
// service, so nothing is restarted. An older list never replaces a newer one, which another operator has put there.
import { shown } from '@understudy/foundation';
import {
  contentHash,
  partOf,
  serviceKeysFile,
  serviceKeysPath,
  type ManagedFile,
  type ObservedFile,
} from '../../machines/index.ts';
import type { Observation } from '../../observe/index.ts';
import {
  isOwnList,
  machinesFor,
  readKeyList,
  servicePeersOf,
  serviceKeyTextOf,
  type Intent,
  type KeyList,
} from '../../operation/index.ts';
import { isUnreadable, observedMachine } from './machine-view.ts';
import { addUnreadParts, reachSteps } from './machines.ts';
import { ifPlanned, stepId } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

export function planServiceKeys(draft: PlanDraft, intent: Intent, observation: Observation): void {
  const text = serviceKeyTextOf(intent);
  if (text === undefined) return;
  const labels = machinesFor(intent, 'service').map(({ label }) => label);
  const kept = new Map(labels.map((label) => [label, whyKept(intent, text, listOn(observation, label))]));
  const later = labels.find((label) => kept.get(label) !== undefined);
  for (const label of labels) {
    if (isUnreadable(observation, label)) continue;
    const obstacle = kept.get(label);
    if (obstacle !== undefined) {
      draft.obstacle(label, obstacle);
      continue;
    }
    const reason = reasonFor({ draft, observation, label }, intent, text);
    if (reason === undefined) continue;
    if (later !== undefined) {
      draft.obstacle(label, `${reason} It is not brought, because ${later} has a later list.`);
      continue;
    }
    draft.add({
      id: stepId.serviceKeys(label),
      subject: label,
      action: 'write',
      reason,
      task: { kind: 'service-keys-write', machine: label },
      after: [...reachSteps(label), ifPlanned(stepId.machineFiles(label))],
    });
  }
}

/** Undefined: none that can be read, or not seen. */
function listOn(observation: Observation, label: string): KeyList | undefined {
  const record = observedMachine(observation, label)?.records;
  return readKeyList((record && shown(partOf(record, serviceKeysPath))) ?? '');
}

/** Why a list on a machine is never overwritten by this one; undefined: it may be. */
function whyKept({ serviceKeys }: Intent, text: string, list: KeyList | undefined): string | undefined {
  if (!list) return undefined;
  if (serviceKeys && !isOwnList(serviceKeys, list)) return foreignKeys(serviceKeys.directory);
  const { generation = 0 } = readKeyList(text) ?? {};
  if (list.generation <= generation) return undefined;
  return (
    `It has a newer list of keys (${list.generation}) than this computer (${generation}): another operator has made or revoked keys. Take it ` +
    'over with: understudy keys list'
  );
}

interface On {
  readonly draft: PlanDraft;
  readonly observation: Observation;
  readonly label: string;
}

/** Undefined: nothing is to be done, or nothing may be. */
function reasonFor({ draft, observation, label }: On, intent: Intent, text: string): string | undefined {
  const seen = observedMachine(observation, label);
  const { generation = 0, keys = [] } = readKeyList(text) ?? {};
  const asked = `${keys.length} key${keys.length === 1 ? '' : 's'}, list ${generation}`;
  if (!seen) return `A new machine has no keys of callers (${asked}).`;
  const wanted = serviceKeysFile(text);
  const secrets = servicePeersOf(intent);
  const file = partOf(seen.files, wanted.path);
  const peers = partOf(seen.files, secrets?.path ?? '');
  const record = partOf(seen.records, wanted.path);
  if (
    addUnreadParts(draft, label, [
      [wanted.path, file],
      [`The list in ${wanted.path}`, record],
      ...(secrets ? [[secrets.path, peers] as const] : []),
    ])
  )
    return undefined;
  const list = listOn(observation, label);
  const there = shown(file);
  if (there === undefined) return `${label} has no keys of callers (${asked}).`;
  if (there.hash !== contentHash(text))
    return `${label} has ${list === undefined ? 'no readable list of keys' : `list ${list.generation} of the keys`}; ${asked} is asked for.`;
  return rightsReason(label, wanted, there) ?? (secrets && peersReason(label, secrets, shown(peers)));
}

/** Made by another operator, or exchanged since this computer's copy was made: never overwritten. */
function foreignKeys(directory: string): string {
  return (
    `It has a key of the tool that ${directory} does not know: another operator has exchanged the service keys since this copy was made ` +
    '(secure rotate service-keys), or has made others for this system. Let that operator export access to you: understudy access --help'
  );
}

function peersReason(label: string, wanted: ManagedFile, there: ObservedFile | undefined): string | undefined {
  if (there === undefined) return `${label} has no secret with which service machines know each other.`;
  if (there.hash !== contentHash(wanted.content))
    return `${label} has another secret of the service machines than is asked for.`;
  return rightsReason(label, wanted, there);
}

function rightsReason(label: string, { path, mode, owner }: ManagedFile, there: ObservedFile): string | undefined {
  if (there.mode !== mode) return `${path} on ${label} has the mode ${there.mode} instead of ${mode}.`;
  return there.owner === owner ? undefined : `${path} on ${label} belongs to ${there.owner} instead of ${owner}.`;
}
