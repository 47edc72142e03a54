// Plans the removal of settings that an interrupted operation left in the cluster. Never removes an index block: it may be intended.
import { shown } from '@understudy/foundation';
import { isFilter, isStale, type ObservedCluster } from '../../observe/index.ts';
import { clusterSubject, type Intent } from '../../operation/index.ts';
import { ifPlanned, stepId, type StepReference } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

/** Steps that move copies or votes change the same settings, so they run after these. */
export function leftoverSteps({ topology: { name } }: Intent): readonly StepReference[] {
  const { clusterAllocation, clusterFilters, clusterVoting, clusterRetry } = stepId;
  return [clusterAllocation, clusterFilters, clusterVoting, clusterRetry].map((idOf) => ifPlanned(idOf(name)));
}

/** Requests to the cluster wait until the engines that this plan starts have joined it. */
export function membersFirst({ topology }: Intent): readonly StepReference[] {
  return [ifPlanned(stepId.clusterMembers(topology.name))];
}

export function planLeftovers(draft: PlanDraft, intent: Intent, cluster: ObservedCluster): void {
  const subject = clusterSubject(intent);
  const { name } = intent.topology;
  const after = membersFirst(intent);
  const { allocation, leftovers, membership } = cluster;
  if (allocation.state === 'unknown') draft.unreadPart(subject, 'The setting that allows shard allocation', allocation);
  else if (leftovers.state === 'unknown')
    draft.unreadPart(subject, 'The settings that were changed at run time', leftovers);
  if (allocation.state === 'seen' && allocation.value !== 'all') {
    const reason = `Shard allocation is limited to '${allocation.value}', so lost copies are not replaced.`;
    const id = stepId.clusterAllocation(name);
    draft.add({ id, subject, action: 'update', reason, task: { kind: 'allocation-open' }, after });
  }
  planFilters(draft, intent, cluster);
  const excluded = shown(membership)?.votingExclusions ?? [];
  if (excluded.length > 0) {
    const reason = `${excluded.join(', ')} may not vote since an earlier change that was not finished.`;
    const id = stepId.clusterVoting(name);
    draft.add({ id, subject, action: 'update', reason, task: { kind: 'voting-clear' }, after });
  }
  planRetry(draft, intent, cluster);
}

function planFilters(draft: PlanDraft, intent: Intent, { leftovers, membership }: ObservedCluster): void {
  const subject = clusterSubject(intent);
  const members = shown(membership);
  const stale = (shown(leftovers) ?? []).filter((leftover) => {
    if (leftover.setting === 'cluster.routing.rebalance.enable') return leftover.origin !== 'file';
    return isFilter(leftover) && members !== undefined && isStale(leftover, members, intent.topology);
  });
  if (stale.length === 0) return;
  draft.add({
    id: stepId.clusterFilters(intent.topology.name),
    subject,
    action: 'update',
    reason: `Settings of an earlier change that was not finished: ${stale.map(({ setting, value }) => `${setting} is '${value}'`).join(', ')}.`,
    task: { kind: 'settings-clear', settings: stale.map(({ setting }) => setting) },
    after: membersFirst(intent),
  });
}

/** Only for copies of our own indices; failed copies of other indices are ignored. */
function planRetry(draft: PlanDraft, intent: Intent, { unassigned }: ObservedCluster): void {
  const subject = clusterSubject(intent);
  const { name: system, search } = intent.topology;
  const names = search.indices.map(({ name }) => name);
  const given = (shown(unassigned) ?? []).filter(({ index, givenUp }) => givenUp && names.includes(index));
  if (given.length === 0) return;
  const which = given.map(({ index, shard }) => `${index}[${shard}]`).join(', ');
  draft.add({
    id: stepId.clusterRetry(system),
    subject,
    action: 'update',
    reason: `The engine stopped trying to allocate ${which} after failed attempts and does not retry by itself.`,
    task: { kind: 'allocation-retry' },
    after: [
      ...membersFirst(intent),
      ifPlanned(stepId.clusterAllocation(system)),
      ifPlanned(stepId.clusterFilters(system)),
    ],
  });
}
