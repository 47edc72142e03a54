// Whether the copies of all indices have room on the nodes that stay, before anything is moved.
import { mayHold, type AllocationFilter } from './allocation-filters.ts';
import type { DiskUse } from './disk-use.ts';
import { mustStayFree, type Watermarks } from './disk-watermarks.ts';
import type { IndexPlacement } from './index-placement.ts';
import { holdsData, mayBeMaster, type EngineNode } from './nodes.ts';

export interface RemovalFacts {
  readonly leaving: string;
  readonly nodes: readonly EngineNode[];
  readonly indices: readonly IndexPlacement[];
  /** Those of the whole cluster. */
  readonly filters: readonly AllocationFilter[];
  /** -1: no limit. */
  readonly totalShardsPerNode: number;
  readonly disks: readonly DiskUse[];
  readonly watermarks: Watermarks;
}

/** Why it does not fit. */
export interface Obstacle {
  /** Undefined: it is the whole cluster's. */
  readonly index: string | undefined;
  /** What is there against what would be needed, and what to do; a sentence. */
  readonly sentence: string;
}

export function removalObstacles(facts: RemovalFacts): Obstacle[] {
  const staying = facts.nodes.filter(({ name }) => name !== facts.leaving);
  if (!staying.some(mayBeMaster)) {
    const sentence = `${facts.leaving} is the only node that can be elected, and at least one such node has to stay.`;
    return [{ index: undefined, sentence }];
  }
  const open = staying.filter((node) => holdsData(node) && mayHold(node, facts.filters));
  const places = facts.indices.flatMap((index) => indexMisfits(index, open));
  return [...places, ...totalMisfits(facts, open), ...diskMisfits(facts, open)];
}

function indexMisfits(index: IndexPlacement, open: readonly EngineNode[]): Obstacle[] {
  const { name, shards, minReplicas: fewestReplicas, totalShardsPerNode } = index;
  const places = open.filter((node) => mayHold(node, index.filters));
  const copies = fewestReplicas + 1;
  const seen = places.length === 0 ? 'none' : `${places.length} (${places.map((node) => node.name).join(', ')})`;
  if (places.length < copies) {
    const why = places.length === open.length ? '' : ' and that its allocation filters admit';
    const sentence =
      `${name} has ${copies} copies of each shard, which need ${copies} data nodes; those that would stay${why}: ${seen}. ` +
      `Set index.number_of_replicas of ${name} to ${Math.max(0, places.length - 1)} or less, or add a node first.`;
    return [{ index: name, sentence }];
  }
  const room = totalShardsPerNode * places.length;
  if (totalShardsPerNode < 0 || shards * copies <= room) return [];
  const sentence =
    `${name} has ${shards * copies} copies and may have ${totalShardsPerNode} on a node, so ${room} on those that would stay. ` +
    `Raise index.routing.allocation.total_shards_per_node of ${name}, or add a node first.`;
  return [{ index: name, sentence }];
}

function totalMisfits({ indices, totalShardsPerNode: limit }: RemovalFacts, open: readonly EngineNode[]): Obstacle[] {
  const copies = indices.reduce(
    (sum, { shards, minReplicas: fewestReplicas }) => sum + shards * (fewestReplicas + 1),
    0,
  );
  if (limit < 0 || copies <= limit * open.length) return [];
  const sentence =
    `There are ${copies} copies of shards, and ${limit} may be on a node, so ${limit * open.length} on those that would stay. ` +
    'Raise cluster.routing.allocation.total_shards_per_node, or add a node first.';
  return [{ index: undefined, sentence }];
}

/** A disk that was not measured yet is not judged: the engine itself does not fill a node above its watermark. */
function diskMisfits({ leaving, disks, watermarks }: RemovalFacts, open: readonly EngineNode[]): Obstacle[] {
  const needed = disks.find(({ node }) => node === leaving)?.copiesBytes ?? 0;
  const measured = disks.filter(({ node }) => open.some(({ name }) => name === node));
  if (measured.length < open.length || needed === 0) return [];
  const rooms = measured.map(({ node, freeBytes, totalBytes }) => {
    const kept = watermarks.enabled ? mustStayFree(watermarks.low, totalBytes) : 0;
    return { node, bytes: Math.max(0, Math.floor(freeBytes - kept)) };
  });
  const room = rooms.reduce((sum, { bytes }) => sum + bytes, 0);
  if (needed <= room) return [];
  const each = rooms.map(({ node, bytes }) => `${node} ${bytes}`).join(', ');
  const bound = watermarks.enabled ? ` below the low watermark (${watermarks.low.text})` : '';
  const sentence =
    `The copies on ${leaving} take ${needed} bytes, and the nodes that would stay have ${room} bytes free${bound}: ${each}. ` +
    'Delete what is not needed, or add a node or larger disks first.';
  return [{ index: undefined, sentence }];
}
