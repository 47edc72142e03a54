// Findings about the topology's own index: whether it is there, open and whole. Foreign indices are in foreign.ts.
import { unknown } from '@understudy/foundation';
import type { UnassignedCopy } from '../../cluster/index.ts';
import { applyCommand, unread, type ClusterView, type Finding } from '../finding.ts';
import { engineRequest, inPath } from '../repair-command.ts';

export function ownIndexFindings(view: ClusterView): Finding[] {
  const { cluster, topology } = view;
  const { name } = topology.search.index;
  const { index, ownIndex } = cluster;
  if (index.state === 'absent') {
    const missing = { verdict: 'degraded', subject: name, effect: 'Searches find nothing.', repair: applyCommand } as const;
    return [{ ...missing, id: 'index-missing', reason: `The index ${name} does not exist.` }];
  }
  const settings =
    index.state === 'unknown' && !refusesMetadata(view)
      ? [unread('index-unread', name, `The index ${name}`, index)]
      : [];
  if (ownIndex.state === 'unknown') return settings;
  if (ownIndex.state === 'absent') {
    if (index.state === 'unknown') return settings;
    const alias = unknown(`the engine's list of indices has none of that name; it may be an alias`, 'status-no-index');
    return [unread('index-health-unread', name, `The health of the index ${name}`, alias)];
  }
  if (ownIndex.value.closed) return [...settings, closed(view, name)];
  return [...settings, ...healthFindings(view), ...givenUp(view)];
}

/** While metadata is blocked the engine shows no settings either; the block has a finding of its own. */
function refusesMetadata({ cluster, topology }: ClusterView): boolean {
  const { name } = topology.search.index;
  const { blocks } = cluster;
  const of = blocks.state === 'seen' ? blocks.value : [];
  return of.some(({ index, refuses }) => (index ?? name) === name && refuses.includes('metadata_read'));
}

function closed({ machines }: ClusterView, name: string): Finding {
  return {
    id: 'index-closed',
    verdict: 'down',
    subject: name,
    reason: `The index ${name} is closed.`,
    effect: 'Every request to it is refused.',
    repair: engineRequest(machines, { method: 'POST', path: `/${inPath(name)}/_open` }),
  };
}

/** Copies of our index that are on no node, those that the engine explained first. */
function missingCopies({ cluster, topology }: ClusterView): UnassignedCopy[] {
  const all = cluster.unassigned.state === 'seen' ? cluster.unassigned.value : [];
  return all.filter(({ index }) => index === topology.search.index.name);
}

function healthFindings(view: ClusterView): Finding[] {
  const { ownIndex } = view.cluster;
  if (ownIndex.state !== 'seen') return [];
  const { name, status, unassigned } = ownIndex.value;
  const why = missingCopies(view).find(({ sentence }) => sentence !== undefined)?.sentence;
  const because = why === undefined ? '' : ` ${why}.`;
  if (status === 'red') {
    return [
      {
        id: 'index-red',
        verdict: 'down',
        subject: name,
        reason: `The index ${name} is red: ${copies(unassigned)} of its shards are unassigned, primaries among them.${because}`,
        effect: 'Documents of these shards are neither found nor taken.',
        repair: 'Bring back the machines that hold copies: understudy apply boots those that are off.',
      },
    ];
  }
  if (status === 'green') return [];
  const missing = unassigned > 0 ? `${copies(unassigned)} of its shards are` : 'a copy of a shard is';
  return [
    {
      id: 'index-yellow',
      verdict: 'degraded',
      subject: name,
      reason: `The index ${name} is yellow: ${missing} not in place, so another loss could lose data.${because}`,
      effect: 'Nothing yet.',
      repair: 'The cluster makes copies by itself when every search machine is there: understudy apply.',
    },
  ];
}

function copies(count: number): string {
  return count === 1 ? '1 copy' : `${count} copies`;
}

function givenUp(view: ClusterView): Finding[] {
  const [first, ...more] = missingCopies(view).filter((copy) => copy.givenUp);
  if (!first) return [];
  const others = more.length === 0 ? '' : ` So it did with ${more.length} more.`;
  return [
    {
      id: 'shards-given-up',
      verdict: 'degraded',
      subject: first.index,
      reason: `The engine has given up placing a copy: ${first.sentence ?? `${first.index}[${first.shard}]`}.${others}`,
      effect: 'Nothing yet; the copy does not come by itself even when the cause is gone.',
      repair: engineRequest(view.machines, { method: 'POST', path: '/_cluster/reroute?retry_failed=true&metric=none' }),
    },
  ];
}
