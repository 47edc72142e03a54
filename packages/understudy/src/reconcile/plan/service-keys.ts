// Plans the list of callers' keys on the service machines. It is read by the running service, so nothing is restarted. An older list never
// replaces a newer one, which another operator has put there.
import { shown } from '@understudy/foundation';
import { contentHash, partOf, serviceKeysFile, serviceKeysPath } from '../../machines/index.ts';
import type { Observation } from '../../observe/index.ts';
import { machinesFor, readKeyList, serviceKeyTextOf, type Intent } from '../../operation/index.ts';
import { isUnreadable, observedMachine } from './machine-view.ts';
import { addUnreadParts, reachSteps } from './machines.ts';
import { ifPlanned, stepId } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

export function planServiceKeys(draft: PlanDraft, intent: Intent, observation: Observation): void {
  const text = serviceKeyTextOf(intent);
  if (text === undefined) return;
  for (const { label } of machinesFor(intent, 'service')) {
    if (isUnreadable(observation, label)) continue;
    const reason = reasonFor(draft, observation, label, text);
    if (reason === undefined) continue;
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

function reasonFor(draft: PlanDraft, observation: Observation, label: string, text: string): string | undefined {
  const seen = observedMachine(observation, label);
  const wanted = serviceKeysFile(text);
  const { generation = 0, keys = [] } = readKeyList(text) ?? {};
  const asked = `${keys.length} key${keys.length === 1 ? '' : 's'}, list ${generation}`;
  if (!seen) return `A new machine has no keys of callers (${asked}).`;
  const file = partOf(seen.files, serviceKeysPath);
  const record = partOf(seen.records, serviceKeysPath);
  if (
    addUnreadParts(draft, label, [
      [serviceKeysPath, file],
      [`The list in ${serviceKeysPath}`, record],
    ])
  )
    return undefined;
  const there = shown(file);
  if (there === undefined) return `${label} has no keys of callers (${asked}).`;
  if (there.hash !== contentHash(text)) {
    const other = readKeyList(shown(record) ?? '')?.generation;
    if (other !== undefined && other > generation) {
      draft.obstacle(
        label,
        `It has a newer list of keys (${other}) than this computer (${generation}): another operator has made or revoked keys. Take it ` +
          'over with: understudy keys list',
      );
      return undefined;
    }
    return `${label} has ${other === undefined ? 'no readable list of keys' : `list ${other} of the keys`}; ${asked} is asked for.`;
  }
  if (there.mode !== wanted.mode)
    return `${serviceKeysPath} on ${label} has the mode ${there.mode} instead of ${wanted.mode}.`;
  return there.owner === wanted.owner
    ? undefined
    : `${serviceKeysPath} on ${label} belongs to ${there.owner} instead of ${wanted.owner}.`;
}
