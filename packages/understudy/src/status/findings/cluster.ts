// Findings about the cluster as a whole: whether it answers, and which of its parts could not be read.
import { absent, type Seen, type Unknown } from '@understudy/foundation';
import { applyCommand, unread, type ClusterView, type Finding, type View } from '../finding.ts';
import { type ObservedCluster, hidesCopies } from '../../observe/index.ts';
import { blockFindings } from './blocks.ts';
import { diskFindings } from './disks.ts';
import { leftoverFindings } from './leftovers.ts';
import { memberFindings } from './members.ts';
import { ownIndexFindings } from './own-index.ts';
import { recoveryFindings } from './recoveries.ts';
import { shardLimitFindings } from './shard-limit.ts';

export function clusterFindings(view: View): Finding[] {
  const { observation, topology, machines } = view;
  const { cluster } = observation;
  const subject = `${topology.name}-cluster`;
  const nobody = { effect: 'Nothing can be indexed or found.', subject };
  if (cluster.state === 'absent') {
    return [
      { ...nobody, id: 'cluster-absent', verdict: 'down', reason: 'There is no search machine.', repair: applyCommand },
    ];
  }
  if (cluster.state === 'unknown') {
    const asked = machines.some(({ role, reachable }) => role === 'search' && reachable);
    const gone = machines.every(({ role, status }) => role !== 'search' || status !== 'running');
    if (asked || gone) {
      const reason = `The search cluster does not answer: ${cluster.reason}`;
      return [{ ...nobody, id: 'cluster-silent', verdict: 'down', reason, repair: applyCommand }];
    }
    const unseen = unread('cluster-unseen', subject, 'The state of the search cluster', cluster);
    return [{ ...unseen, reason: `The search cluster could not be asked: ${cluster.reason}` }];
  }
  const { health } = cluster.value;
  if (health.state === 'unknown' && health.code === 'cluster-no-master') {
    const reason = 'The search cluster has no elected master, so it takes no writes.';
    const repair = 'Restore enough search machines for a quorum: understudy apply boots those that are off.';
    return [{ ...nobody, id: 'cluster-no-master', verdict: 'down', reason, repair }];
  }
  const seen = { ...view, cluster: cluster.value, subject };
  return [
    ...ownIndexFindings(seen),
    ...blockFindings(seen),
    ...memberFindings(seen),
    ...leftoverFindings(seen),
    ...recoveryFindings(seen),
    ...diskFindings(seen),
    ...shardLimitFindings(seen),
    ...unreadFindings(seen),
  ];
}

/** Parts that several findings rest on. A part that is judged with its own words when it is absent stands with its findings. */
const parts: readonly (readonly [Exclude<keyof ObservedCluster, 'own'> | 'template', id: string, what: string])[] = [
  ['health', 'cluster-health-unread', 'The health of the cluster'],
  ['shards', 'cluster-shards-unread', 'The places of the shards'],
  ['membership', 'cluster-members-unread', 'The members of the cluster'],
  ['allocation', 'allocation-unread', 'The setting that allows shard allocation'],
  ['template', 'template-unread', 'The index template'],
  ['blocks', 'blocks-unread', 'The blocks of the cluster'],
  ['leftovers', 'leftovers-unread', 'The settings that were changed at run time'],
  ['versions', 'versions-unread', 'The versions of the engines'],
  ['indices', 'indices-unread', 'The health of the indices'],
  ['unassigned', 'unassigned-unread', 'The reasons why copies are unassigned'],
  ['recoveries', 'recoveries-unread', 'The recoveries of copies'],
  ['watermarks', 'watermarks-unread', 'The disk watermarks'],
  ['disks', 'disks-unread', 'The disk use of the engines'],
  ['shardLimit', 'shard-limit-unread', 'The limit on shards'],
];

/** The first template that could not be read, of those that are installed. */
function templateOf({ own }: ObservedCluster): Seen<unknown> {
  return own.map(({ template }) => template).find(({ state }) => state === 'unknown') ?? absent;
}

/** One finding for each thing that failed, however many parts it hides. */
function unreadFindings({ cluster, subject }: ClusterView): Finding[] {
  const told = new Set<string>();
  // What a block of metadata hides is told with the block; our index shows in its health whether it lacks copies.
  const hidden = hidesCopies(cluster.blocks) ? ['shards', 'unassigned', 'recoveries'] : [];
  return parts.flatMap(([part, id, what]) => {
    const thing = part === 'template' ? templateOf(cluster) : cluster[part];
    if (hidden.includes(part)) return [];
    // Only an index and its template may simply be absent: whatever else is, is an empty answer.
    const empty: Unknown | undefined =
      thing.state === 'absent' && part !== 'template'
        ? { state: 'unknown', reason: `the answer was empty (${part})`, code: 'status-empty' }
        : undefined;
    const reason = thing.state === 'unknown' ? thing : empty;
    if (!reason || told.has(reason.reason)) return [];
    told.add(reason.reason);
    return [unread(id, subject, what, reason)];
  });
}
