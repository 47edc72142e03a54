// Conditions that refuse users or prevent recovery while health may be green: plain data, assessed elsewhere. Each part is read by
// itself, so that one that cannot be read hides no other.
import { look, seen, type Seen } from '@understudy/foundation';
import { blocks, type Block } from './blocks.ts';
import { clusterSettings, settingIn } from './cluster-settings.ts';
import { diskUse, type DiskUse } from './disk-use.ts';
import { mustStayFree, watermarksIn, type Watermarks } from './disk-watermarks.ts';
import { indexHealth, type IndexHealth } from './index-health.ts';
import { leftoversIn, type Leftover } from './leftovers.ts';
import { membership } from './membership.ts';
import { engineNodes, holdsData } from './nodes.ts';
import type { RunningCluster } from './running-cluster.ts';
import { waitingRecoveries, type WaitingRecovery } from './recoveries.ts';
import { shards } from './shards.ts';
import { unassignedCopies, type UnassignedCopy } from './unassigned.ts';

export interface DiskCondition extends DiskUse {
  /** The highest watermark that the disk is above. Where the engine does not mind them, nothing comes of it. */
  readonly above: 'low' | 'high' | 'flood' | undefined;
}

export interface IndexCondition extends IndexHealth {
  /** One of the topology's; every other one is foreign. */
  readonly ours: boolean;
  readonly closed: boolean;
}

export interface ClusterConditions {
  readonly blocks: Seen<readonly Block[]>;
  readonly leftovers: Seen<readonly Leftover[]>;
  /** Names of nodes that may not vote. */
  readonly votingExclusions: Seen<readonly string[]>;
  readonly watermarks: Seen<Watermarks>;
  /** As the elected node measured them, half a minute ago at most. */
  readonly disks: Seen<readonly DiskCondition[]>;
  readonly indices: Seen<readonly IndexCondition[]>;
  /** Copies of all open indices against how many there may be before an index can no longer be made. */
  readonly shardLimit: Seen<{ readonly copies: number; readonly limit: number; readonly perNode: number }>;
  readonly unassigned: Seen<readonly UnassignedCopy[]>;
  /** Those in their first stage. */
  readonly recoveries: Seen<readonly WaitingRecovery[]>;
  /** What each node runs, by its name; a member that did not answer is missing. */
  readonly versions: Seen<Readonly<Record<string, string>>>;
}

/** `own`: the topology's indices. */
export async function conditions(
  { transport, dialect }: Pick<RunningCluster, 'transport' | 'dialect'>,
  own: readonly string[],
): Promise<ClusterConditions> {
  const copies = shards(transport);
  const [blocked, settings, members, disks, healths, unassigned, recoveries, nodes] = await Promise.all([
    look(blocks(transport)),
    look(clusterSettings(transport, { defaults: true })),
    look(membership(transport, dialect)),
    look(diskUse(transport)),
    look(indexHealth(transport, dialect)),
    look(unassignedCopies(transport, copies)),
    look(waitingRecoveries(transport, copies)),
    look(engineNodes(transport)),
  ]);
  const watermarks = whenSeen(settings, watermarksIn);
  const indices = both(healths, blocked, (all, of) => all.map((one) => indexCondition(one, of, own)));
  return {
    blocks: blocked,
    leftovers: whenSeen(settings, leftoversIn),
    votingExclusions: whenSeen(members, ({ votingExclusions }) => votingExclusions),
    watermarks,
    disks: both(disks, watermarks, (all, limits) => all.map((disk) => ({ ...disk, above: reached(disk, limits) }))),
    indices,
    shardLimit: both(both(indices, nodes, pair), settings, ([all, members_], values) => {
      const perNode = Number(settingIn(values, 'cluster.max_shards_per_node') ?? 1000);
      const open = all.filter(({ closed }) => !closed);
      const copies = open.reduce((sum, { shards, replicas }) => sum + shards * (replicas + 1), 0);
      return { copies, limit: perNode * members_.filter(holdsData).length, perNode };
    }),
    unassigned,
    recoveries,
    versions: whenSeen(nodes, (all) => Object.fromEntries(all.map(({ name, version }) => [name, version]))),
  };
}

function whenSeen<Value, Result>(thing: Seen<Value>, work: (value: Value) => Result): Seen<Result> {
  return thing.state === 'seen' ? seen(work(thing.value)) : thing;
}

/** What is made of two things is known when both are. */
function both<A, B, Result>(a: Seen<A>, b: Seen<B>, work: (a: A, b: B) => Result): Seen<Result> {
  if (a.state !== 'seen') return a;
  return whenSeen(b, (value) => work(a.value, value));
}

const pair = <A, B>(a: A, b: B): readonly [A, B] => [a, b];

function indexCondition(of: IndexHealth, blocked: readonly Block[], own: readonly string[]): IndexCondition {
  const closed = blocked.some((block) => block.index === of.name && block.closed);
  return { ...of, ours: own.includes(of.name), closed };
}

function reached({ freeBytes, totalBytes }: DiskUse, limits: Watermarks): DiskCondition['above'] {
  return (['flood', 'high', 'low'] as const).find((name) => freeBytes < mustStayFree(limits[name], totalBytes));
}
