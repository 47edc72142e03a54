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
function use(view: ClusterView): Use | undefined {
  const { cluster, topology, subject } = view;
  const limit = shown(cluster.shardLimit);
  if (!limit || limit.copies < limit.limit * nearShare) return undefined;
  const copiesOf = (of: { readonly shards: number; readonly replicas: number }) => of.shards * (of.replicas + 1);
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
  const made = topology.search.indices.filter(({ template }) => template.from !== 'none');
  const asked = sum(made.map(copiesOf));
  const has = sum(cluster.own.flatMap(({ condition }) => shown(condition) ?? []).map(copiesOf));
  const reached = limit.copies >= limit.limit;
  const repair =
    limit.perNode === usualPerNode
      ? 'Delete indices that are not needed, or set more search.nodes and: understudy apply'
      : clearingRequest(view, [setting]);
  return {
    ownCopies: has >= limit.limit * nearShare || (reached && has < asked),
    finding: {
      id: reached ? 'shard-limit-reached' : 'shard-limit-near',
      verdict: 'degraded',
      subject,
      reason: `There are ${limit.copies} copies of shards, at most ${limit.limit} are allowed (${setting} is ${limit.perNode}).`,
      effect: reached
        ? 'Existing indices are served; no index can be created and no replica added.'
        : 'Nothing yet; soon no index can be created.',
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
