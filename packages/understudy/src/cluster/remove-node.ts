// Removes a node from a running cluster for good: drained first, then without a vote, then stopped, and only then is its machine removed.
import { UnderstudyError } from '@understudy/foundation';
import { includeInAllocation, excludeFromAllocation } from './allocation.ts';
import { filtersIn } from './allocation-filters.ts';
import { clusterSettings, settingIn } from './cluster-settings.ts';
import { diskUse } from './disk-use.ts';
import { watermarksIn } from './disk-watermarks.ts';
import { drainNode } from './drain.ts';
import { indexPlacements } from './index-placement.ts';
import { clearVotingExclusion, withdrawVote } from './membership.ts';
import { engineNodes } from './nodes.ts';
import { removalObstacles, type Obstacle } from './removal-fit.ts';
import { pollUntil, type RunningCluster } from './running-cluster.ts';
import { withoutNode } from './transport.ts';
import { awaitMembers } from './settled.ts';

/** A machine that cannot be reached may still stop by itself, or be detected as dead. */
const leaveWithinMs = 120_000;

export interface NodeRemoval {
  readonly node: string;
  /** Names of all members that are expected now; the node itself may be missing when an earlier removal was interrupted. */
  readonly nodes: readonly string[];
  /** Ends the engine's process; resolves when it has ended, at once when it does not run. May fail: the machine may be out of reach. */
  readonly stop: () => Promise<void>;
  /** Deletes the machine. Idempotent: it is called again after an interruption. */
  readonly remove: () => Promise<void>;
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Removes one node without fewer copies of anything at any time. Called again after an interruption, it goes on from where it was:
 * the cluster itself says how far it got. Until the machine is removed, a failure leaves the cluster serving, with the exclusions of
 * this node as its only trace. Errors: `cluster-not-healthy`, `cluster-copies-do-not-fit` and `cluster-allocation-limited` (nothing
 * was changed), `cluster-drain-stalled`, `cluster-vote-not-withdrawn`, `cluster-refused`; what `remove` throws.
 */
export async function removeNode(cluster: RunningCluster, removal: NodeRemoval): Promise<void> {
  const { node, signal, onProgress } = removal;
  const others = removal.nodes.filter((name) => name !== node);
  if (others.length === 0)
    throw refusal(node, [{ index: undefined, sentence: 'It is the only node and has every copy.' }]);
  // What the leaving node says of itself is not asked, so all of this goes on while it is dead.
  const asked = { ...cluster, transport: withoutNode(cluster.transport, node) };
  const rest = { members: others, signal, onProgress };
  if (await isMember(asked, removal, others)) {
    await refuseMisfits(asked, node);
    await drainNode(asked, removal);
    await withdrawVote(asked, node, signal);
    // In between an index may have been created or the exclusion removed.
    await drainNode(asked, removal);
    await stopNode(asked, removal, others);
  } else {
    // Should it come back just now, nothing is placed on it: what is looked at next stays true.
    await excludeFromAllocation(asked.transport, node);
    await awaitMembers(asked, rest);
  }
  signal?.throwIfAborted();
  onProgress?.(`${node} has no copies: its machine is removed`);
  await removal.remove();
  await awaitMembers(asked, rest);
  await clearVotingExclusion(asked, node);
  await includeInAllocation(asked.transport, node);
  await awaitMembers(asked, rest);
}

/** Waits for a whole cluster; says whether the node is in it. While it is being emptied, copies may be on their way. */
async function isMember(cluster: RunningCluster, removal: NodeRemoval, others: readonly string[]): Promise<boolean> {
  const { node, signal, onProgress } = removal;
  const waits = { signal, onProgress };
  const present = await awaitMembers(cluster, { members: others, perhaps: node, moving: true, ...waits });
  if (!present.includes(node)) return false;
  const settings = await clusterSettings(cluster.transport);
  const allowed = settingIn(settings, 'cluster.routing.allocation.enable') ?? 'all';
  if (allowed !== 'all') {
    throw new UnderstudyError(
      'cluster-allocation-limited',
      `No copy on ${node} can be moved: cluster.routing.allocation.enable is '${allowed}', expected 'all'. Nothing was changed. ` +
        'Set it to null, or run apply, which does; then try again.',
      { facts: { node, allowed } },
    );
  }
  const excluded = filtersIn({ ...settings.persistent, ...settings.transient }, 'cluster.routing.allocation');
  const begun = excluded.some(({ kind, patterns }) => kind === 'exclude' && patterns.includes(node));
  if (!begun) await awaitMembers(cluster, { members: [...others, node], ...waits });
  return true;
}

async function refuseMisfits({ transport }: RunningCluster, node: string): Promise<void> {
  const [nodes, indices, settings, disks] = await Promise.all([
    engineNodes(transport),
    indexPlacements(transport),
    clusterSettings(transport, { defaults: true }),
    diskUse(transport),
  ]);
  const misfits = removalObstacles({
    leaving: node,
    nodes,
    indices,
    filters: filtersIn({ ...settings.persistent, ...settings.transient }, 'cluster.routing.allocation'),
    totalShardsPerNode: Number(settingIn(settings, 'cluster.routing.allocation.total_shards_per_node') ?? -1),
    disks,
    watermarks: watermarksIn(settings),
  });
  if (misfits.length > 0) throw refusal(node, misfits);
}

function refusal(node: string, misfits: readonly Obstacle[]): UnderstudyError {
  return new UnderstudyError(
    'cluster-copies-do-not-fit',
    `${node} cannot be removed: without it not every copy can be allocated. ${misfits.map(({ sentence }) => sentence).join(' ')} ` +
      'Nothing was changed.',
    { facts: { node, misfits } },
  );
}

/** Stops the engine, and waits until exactly this node is away and every copy is in place on the others. */
async function stopNode(cluster: RunningCluster, removal: NodeRemoval, others: readonly string[]): Promise<void> {
  const { node, signal, onProgress } = removal;
  onProgress?.(`${node} has no copies and no vote: it is stopped`);
  const failure = await removal.stop().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : 'without a reason'),
  );
  signal?.throwIfAborted();
  if (failure === undefined) {
    await awaitMembers(cluster, { members: others, signal, onProgress });
    return;
  }
  onProgress?.(`${node} could not be stopped: ${failure}`);
  const patience = { clock: cluster.clock, deadlineMs: leaveWithinMs, signal, everyMs: 1000, onProgress };
  await pollUntil(patience, async () => {
    const present = (await engineNodes(cluster.transport)).map(({ name }) => name);
    return !present.includes(node) || `${node} still answers`;
  });
  // Removing its machine ends an engine that runs on: it has no vote, and this is the last look at what it holds.
  await drainNode(cluster, removal);
}
