// Plans the accounts and roles of an engine that keeps them in an index. Those of others are left as they are.
import { accountChanges, shortName } from '../../cluster/index.ts';
import type { ObservedCluster } from '../../observe/index.ts';
import { clusterSubject, wantedAccounts, type Intent } from '../../operation/index.ts';
import { membersFirst } from './leftovers.ts';
import type { PlanDraft } from './plan-draft.ts';
import { stepId } from './step-id.ts';

/** A cluster that is formed by this plan takes them from its files. */
export function planAccounts(draft: PlanDraft, intent: Intent, { accounts }: ObservedCluster): void {
  const wanted = wantedAccounts(intent);
  if (wanted === undefined) return;
  const subject = clusterSubject(intent);
  if (accounts.state === 'unknown') return draft.unreadPart(subject, 'The accounts and roles of the engine', accounts);
  if (accounts.state !== 'seen') return;
  const { put, remove } = accountChanges(accounts.value, wanted.objects, wanted.api);
  const names = [...put, ...remove].map(shortName);
  if (names.length === 0) return;
  draft.add({
    id: stepId.clusterAccounts(intent.topology.name),
    subject,
    action: 'update',
    reason: `Accounts and roles of the engine are not those of this system: ${names.join(', ')}.`,
    task: { kind: 'accounts-write' },
    after: membersFirst(intent),
  });
}
