// Findings about the topology's own indices: whether each is there, open and whole. Foreign indices are in foreign.ts.
import { unknown } from '@understudy/foundation';
import type { IndexCondition, UnassignedCopy } from '../../cluster/index.ts';
import type { OwnIndex } from '../../observe/index.ts';
import type { Topology } from '../../topology/index.ts';
import { applyCommand, unread, type ClusterView, type Finding, type Notice } from '../finding.ts';
import { engineRequest, inPath } from '../repair-command.ts';

export function ownIndexFindings(view: ClusterView): Finding[] {
  return view.cluster.own.flatMap((index) => findingsOf(view, index));
}

/** An index that its application has still to make is nothing wrong, and worth knowing. */
export function ownIndexNotices({ cluster, topology }: ClusterView): Notice[] {
  return cluster.own
    .filter(({ name, settings }) => settings.state === 'absent' && isMadeByApplication(topology, name))
    .map(({ name }) => ({
      id: 'index-not-made-yet',
      subject: name,
      reason: `The index ${name} does not exist; the application makes it itself (search.index.template is none).`,
      repair: 'Nothing, when the application makes it with its first write; else write template: FILE, or built-in.',
    }));
}

function isMadeByApplication({ search }: Topology, name: string): boolean {
  return search.indices.some((index) => index.name === name && index.template.from === 'none');
}

function findingsOf(view: ClusterView, index: OwnIndex): Finding[] {
  const { topology } = view;
  const { name, settings: read, condition } = index;
  if (read.state === 'absent') {
    if (isMadeByApplication(topology, name)) return [];
    const missing = {
      verdict: 'degraded',
      subject: name,
      effect: 'Searches find nothing.',
      repair: applyCommand,
    } as const;
    return [{ ...missing, id: 'index-missing', reason: `The index ${name} does not exist.` }];
  }
  const settings =
    read.state === 'unknown' && !refusesMetadata(view, name)
      ? [unread('index-unread', name, `The index ${name}`, read)]
      : [];
  if (condition.state === 'unknown') return settings;
  if (condition.state === 'absent') {
    if (read.state === 'unknown') return settings;
    const gone = unknown(`the engine's list of indices has none of that name`, 'status-no-index');
    return [unread('index-health-unread', name, `The health of the index ${name}`, gone)];
  }
  if (condition.value.closed) return [...settings, closed(view, name)];
  return [...settings, ...healthFindings(view, condition.value), ...givenUp(view, condition.value.name)];
}

/** While metadata is blocked the engine shows no settings either; the block has a finding of its own. */
function refusesMetadata({ cluster }: ClusterView, name: string): boolean {
  const { blocks } = cluster;
  const of = blocks.state === 'seen' ? blocks.value : [];
  return of.some(({ index, refuses }) => (index ?? name) === name && refuses.includes('metadata_read'));
}

function closed(view: ClusterView, name: string): Finding {
  return {
    id: 'index-closed',
    verdict: 'down',
    subject: name,
    reason: `The index ${name} is closed.`,
    effect: 'Every request to it is refused.',
    repair: engineRequest(view, { method: 'POST', path: `/${inPath(name)}/_open` }),
  };
}

/** Copies of our index that are on no node, those that the engine explained first. */
function missingCopies({ cluster }: ClusterView, name: string): UnassignedCopy[] {
  const all = cluster.unassigned.state === 'seen' ? cluster.unassigned.value : [];
  return all.filter(({ index }) => index === name);
}

function healthFindings(view: ClusterView, { name, status, unassigned }: IndexCondition): Finding[] {
  const why = missingCopies(view, name).find(({ sentence }) => sentence !== undefined)?.sentence;
  const because = why === undefined ? '' : ` ${why}.`;
  if (status === 'red') {
    return [
      {
        id: 'index-red',
        verdict: 'down',
        subject: name,
        reason: `The index ${name} is red: ${copies(unassigned)} of its shards are unassigned, primaries among them.${because}`,
        effect: 'Documents of these shards can be neither found nor written.',
        repair: 'Restore the machines that hold copies: understudy apply boots those that are off.',
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
      repair: 'The cluster allocates missing copies by itself when every search machine is a member: understudy apply.',
    },
  ];
}

function copies(count: number): string {
  return count === 1 ? '1 copy' : `${count} copies`;
}

function givenUp(view: ClusterView, name: string): Finding[] {
  const [first, ...more] = missingCopies(view, name).filter((copy) => copy.givenUp);
  if (!first) return [];
  const others = more.length === 0 ? '' : ` The same is true of ${more.length} more.`;
  return [
    {
      id: 'shards-given-up',
      verdict: 'degraded',
      subject: first.index,
      reason: `The engine stopped trying to allocate a copy: ${first.sentence ?? `${first.index}[${first.shard}]`}.${others}`,
      effect: 'Nothing yet; the engine does not retry by itself, even when the cause is gone. understudy apply does.',
      repair: engineRequest(view, { method: 'POST', path: '/_cluster/reroute?retry_failed=true&metric=none' }),
    },
  ];
}
