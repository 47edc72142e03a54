// Plans who may log in to the machines: the tool's own key and those that the topology names, and no other.
import { shown } from '@understudy/foundation';
import { authorizedKeysPath, keyDifferences, partOf } from '../../machines/index.ts';
import type { Observation } from '../../observe/index.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';
import { observedMachine } from './machine-view.ts';
import { addUnreadParts, reachSteps } from './machines.ts';
import { stepId } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

/** A machine that does not exist yet is created with its keys. */
export function planKeys(draft: PlanDraft, intent: Intent, observation: Observation): void {
  for (const { label } of machinesFor(intent)) {
    const seen = observedMachine(observation, label);
    if (!seen) continue;
    const file = partOf(seen.records, authorizedKeysPath);
    if (addUnreadParts(draft, label, [[authorizedKeysPath, file]])) continue;
    const { missing, unnamed } = keyDifferences(shown(file) ?? '', intent.authorizedKeys);
    const clauses = [
      ...missing.map((key) => `${key} has no access yet`),
      ...unnamed.map((key) => `${key} loses its access, because access.sshKeys does not name it`),
    ];
    if (clauses.length === 0) continue;
    draft.add({
      id: stepId.machineKeys(label),
      subject: label,
      action: 'update',
      reason: `SSH keys on ${label}: ${clauses.join('; ')}.`,
      task: { kind: 'ssh-keys-write', machine: label },
      after: reachSteps(label),
    });
  }
}
