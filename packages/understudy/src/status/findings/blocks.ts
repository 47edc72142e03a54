// Findings about blocks: what the engine refuses while its health may be green. A block that a person set is never removed by
// `apply`, only named with the request that removes it.
import type { Block } from '../../cluster/index.ts';
import type { ClusterView, Finding } from '../finding.ts';
import { clearingRequest, engineRequest, inPath } from '../repair-command.ts';

interface Kind {
  readonly id: string;
  readonly verdict: 'down' | 'degraded';
  readonly effect: string;
}

const noWrites = 'Every write is refused; existing documents are still found.';
const kinds: Readonly<Record<string, Kind>> = {
  'index.blocks.write': { id: 'index-write-blocked', verdict: 'down', effect: noWrites },
  'index.blocks.read': { id: 'index-read-blocked', verdict: 'down', effect: 'Every search and read is refused.' },
  'index.blocks.read_only': { id: 'index-read-only', verdict: 'down', effect: noWrites },
  'index.blocks.read_only_allow_delete': {
    id: 'index-flooded',
    verdict: 'down',
    effect: 'Every write is refused; existing documents are still found, and the index may be deleted.',
  },
  'index.blocks.metadata': {
    id: 'index-metadata-blocked',
    verdict: 'degraded',
    effect: 'Settings and mappings of the index can be neither read nor changed; documents are served.',
  },
  'cluster.blocks.read_only': { id: 'cluster-read-only', verdict: 'down', effect: noWrites },
  'cluster.blocks.read_only_allow_delete': { id: 'cluster-read-only-allow-delete', verdict: 'down', effect: noWrites },
  'cluster.blocks.create_index': {
    id: 'cluster-create-index-blocked',
    verdict: 'degraded',
    effect: 'No index can be created; existing indices are served.',
  },
};

export function blockFindings(view: ClusterView): Finding[] {
  const { cluster, topology } = view;
  if (cluster.blocks.state !== 'seen') return [];
  const names = topology.search.indices.map(({ name }) => name);
  return cluster.blocks.value
    .filter(({ index, closed }) => !closed && (index === undefined || names.includes(index)))
    .map((block) => found(view, block));
}

function found(view: ClusterView, block: Block): Finding {
  const { index, setting, description, refuses } = block;
  const kind = kinds[setting ?? ''] ?? unnamed(block);
  const what = index === undefined ? 'The cluster' : `The index ${index}`;
  const full = setting === 'index.blocks.read_only_allow_delete' ? fullDisks(view).sort() : [];
  const cause = full.length > 0 ? ` The engine set it because the disk of ${full.join(', ')} is full.` : '';
  return {
    ...kind,
    subject: index ?? view.subject,
    reason: `${what} refuses ${refuses.join(', ')}: ${setting ?? description}.${cause}`,
    repair:
      full.length > 0
        ? `Free the disk of ${full.join(', ')}, as the findings on disks say: then the engine removes the block itself.`
        : repairOf(view, block),
  };
}

/** A block that no setting makes, such as one of a recovery: the engine's own words are all there is. */
function unnamed({ index, refuses }: Block): Kind {
  const serves = !refuses.includes('write') && !refuses.includes('read');
  return {
    id: index === undefined ? 'cluster-blocked' : 'index-blocked',
    verdict: serves ? 'degraded' : 'down',
    effect: `The engine refuses ${refuses.join(', ')}.`,
  };
}

function fullDisks({ cluster }: ClusterView): string[] {
  const disks = cluster.disks.state === 'seen' ? cluster.disks.value : [];
  return disks.filter(({ above }) => above === 'flood' || above === 'high').map(({ node }) => node);
}

function repairOf(view: ClusterView, { index, setting }: Block): string {
  if (setting === undefined) return 'The engine removes it itself when its cause is gone: see the log of its master.';
  if (index === undefined) return clearingRequest(view, [setting]);
  return engineRequest(view, { method: 'PUT', path: `/${inPath(index)}/_settings`, body: { [setting]: null } });
}
