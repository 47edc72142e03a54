// Plans away what an interrupted operation leaves behind in the cluster. A block that somebody set is never among it: it may be meant.
import { shown } from '@understudy/foundation';
import { isFilter, isStale, type ObservedCluster } from '../../observe/index.ts';
import { clusterSubject, type Intent } from '../../operation/index.ts';
import { ifPlanned, stepId, type StepReference } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

/** Orders that move copies or votes set the same things themselves, so they come after these. */
export function leftoverSteps({ topology: { name } }: Intent): readonly StepReference[] {
  const { clusterAllocation, clusterFilters, clusterVoting, clusterRetry } = stepId;
  return [clusterAllocation, clusterFilters, clusterVoting, clusterRetry].map((idOf) => ifPlanned(idOf(name)));
}

/** What is asked of the cluster comes after the engines that this plan starts have joined it. */
export function membersFirst({ topology }: Intent): readonly StepReference[] {
  return [ifPlanned(stepId.clusterMembers(topology.name))];
}

export function planLeftovers(draft: PlanDraft, intent: Intent, cluster: ObservedCluster): void {
  const subject = clusterSubject(intent);
  const { name } = intent.topology;
  const after = membersFirst(intent);
  const { allocation, leftovers, membership } = cluster;
  if (allocation.state === 'unknown') draft.unseen(subject, 'Whether shards may be placed', allocation);
  else if (leftovers.state === 'unknown') draft.unseen(subject, 'What was set by hand', leftovers);
  if (allocation.state === 'seen' && allocation.value !== 'all') {
    const reason = `Shard allocation is limited to '${allocation.value}', so lost copies are not made again.`;
    const id = stepId.clusterAllocation(name);
    draft.add({ id, subject, action: 'update', reason, task: { kind: 'allocation-open' }, after });
  }
  planFilters(draft, intent, cluster);
  const excluded = shown(membership)?.votingExclusions ?? [];
  if (excluded.length > 0) {
    const reason = `${excluded.join(', ')} may not vote, left over from an earlier change.`;
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
    reason: `Left over from an earlier change: ${stale.map(({ setting, value }) => `${setting} is '${value}'`).join(', ')}.`,
    task: { kind: 'settings-clear', settings: stale.map(({ setting }) => setting) },
    after: membersFirst(intent),
  });
}

/** Copies of our own index: what else was given up is nobody's reason to act. */
function planRetry(draft: PlanDraft, intent: Intent, { unassigned }: ObservedCluster): void {
  const subject = clusterSubject(intent);
  const { name: system, search } = intent.topology;
  const { name } = search.index;
  const given = (shown(unassigned) ?? []).filter(({ index, givenUp }) => givenUp && index === name);
  if (given.length === 0) return;
  const which = given.map(({ index, shard }) => `${index}[${shard}]`).join(', ');
  draft.add({
    id: stepId.clusterRetry(system),
    subject,
    action: 'update',
    reason: `The engine has given up placing ${which} and does not try again by itself.`,
    task: { kind: 'allocation-retry' },
    after: [
      ...membersFirst(intent),
      ifPlanned(stepId.clusterAllocation(system)),
      ifPlanned(stepId.clusterFilters(system)),
    ],
  });
}
