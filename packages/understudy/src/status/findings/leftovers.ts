// Findings about settings that a person or an interrupted operation left, and that prevent copies or votes.
import type { Leftover } from '../../cluster/index.ts';
import { shown } from '@understudy/foundation';
import { applyCommand, type ClusterView, type Finding } from '../finding.ts';
import { clearingRequest } from '../repair-command.ts';
import { isFilter, isStale } from '../../observe/index.ts';

const rebalance = 'cluster.routing.rebalance.enable';

export function leftoverFindings(view: ClusterView): Finding[] {
  const { cluster } = view;
  const left = shown(cluster.leftovers) ?? [];
  return [
    ...allocationFindings(view),
    ...left.filter(isFilter).map((leftover) => filtered(view, leftover)),
    ...left.filter(({ setting }) => setting === rebalance).map((leftover) => unbalanced(view, leftover)),
    ...votingFindings(view),
  ];
}

function allocationFindings({ cluster, subject }: ClusterView): Finding[] {
  const { allocation } = cluster;
  if (allocation.state !== 'seen' || allocation.value === 'all') return [];
  return [
    {
      id: 'allocation-limited',
      verdict: 'degraded',
      subject,
      reason: `Shard allocation is limited to '${allocation.value}', so lost copies are not replaced.`,
      effect: 'Nothing yet; the loss of another machine may lose the last copy.',
      repair: applyCommand,
    },
  ];
}

/** A setting of the engine's own file goes when `apply` writes the file anew. */
function origin({ origin: of }: Leftover): string {
  return of === 'file' ? "in the engine's own file" : `set as ${of}`;
}

function filtered(view: ClusterView, leftover: Leftover): Finding {
  const { cluster, topology, subject } = view;
  const members = shown(cluster.membership);
  const byApply = leftover.origin === 'file' || (members !== undefined && isStale(leftover, members, topology));
  return {
    id: 'allocation-filtered',
    verdict: 'degraded',
    subject,
    reason: `${leftover.setting} is '${leftover.value}' (${origin(leftover)}), so not every search machine may hold copies.`,
    effect: 'Nothing yet; copies are placed on fewer machines, and a lost copy may have no machine to be allocated on.',
    repair: byApply ? applyCommand : clearingRequest(view, [leftover.setting]),
  };
}

function unbalanced({ subject }: ClusterView, leftover: Leftover): Finding {
  return {
    id: 'rebalance-limited',
    verdict: 'degraded',
    subject,
    reason: `${leftover.setting} is '${leftover.value}' (${origin(leftover)}), so copies are not rebalanced.`,
    effect: 'Nothing yet; the machines with the most copies become the slowest.',
    repair: applyCommand,
  };
}

function votingFindings({ cluster, subject }: ClusterView): Finding[] {
  const excluded = shown(cluster.membership)?.votingExclusions ?? [];
  if (excluded.length === 0) return [];
  return [
    {
      id: 'voting-excluded',
      verdict: 'degraded',
      subject,
      reason: `${excluded.join(', ')} may not vote: left over from an operation, or part of one that runs now.`,
      effect: 'Nothing yet; fewer machines can fail before no master can be elected.',
      repair: applyCommand,
    },
  ];
}
