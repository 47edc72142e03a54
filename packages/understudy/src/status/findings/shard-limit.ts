// Findings about the limit of shards: above it no index can be made and no replica added. A finding when our own copies use it up, a notice when foreign ones do.
import { shown } from '@understudy/foundation';
import type { ClusterView, Finding, Notice } from '../finding.ts';
import { clearingRequest } from '../repair-command.ts';

const setting = 'cluster.max_shards_per_node';
const usualPerNode = 1000;
const nearShare = 0.9;

interface Use {
  readonly finding: Finding;
  /** Our own copies alone are near it, or it keeps us from having those that the topology asks for. */
  readonly ownCopies: boolean;
}

/** Undefined: far from the limit. */
function use({ cluster, topology, machines, subject }: ClusterView): Use | undefined {
  const limit = shown(cluster.shardLimit);
  if (!limit || limit.copies < limit.limit * nearShare) return undefined;
  const { shards, replicas } = topology.search.index;
  const asked = shards * (replicas + 1);
  const own = shown(cluster.ownIndex);
  const has = own ? own.shards * (own.replicas + 1) : 0;
  const reached = limit.copies >= limit.limit;
  const repair =
    limit.perNode === usualPerNode
      ? 'Delete indices that nobody needs, or ask for more search.nodes and: understudy apply'
      : clearingRequest(machines, [setting]);
  return {
    ownCopies: has >= limit.limit * nearShare || (reached && has < asked),
    finding: {
      id: reached ? 'shard-limit-reached' : 'shard-limit-near',
      verdict: 'degraded',
      subject,
      reason: `There are ${limit.copies} copies of shards, ${limit.limit} may be made (${setting} is ${limit.perNode}).`,
      effect: reached
        ? 'What is there is served; no index can be made, no replica added.'
        : 'Nothing yet; soon no index can be made.',
      repair,
    },
  };
}

export function shardLimitFindings(view: ClusterView): Finding[] {
  const used = use(view);
  return used?.ownCopies ? [used.finding] : [];
}

/** Used up by other indices, while ours has all that it needs. */
export function shardLimitNotices(view: ClusterView): Notice[] {
  const used = use(view);
  if (!used || used.ownCopies) return [];
  const { id, subject, reason, repair } = used.finding;
  return [{ id, subject, reason, repair }];
}
