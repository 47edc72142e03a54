// One node of a running cluster restarted on purpose, without losing a copy and with the shortest gap for writers.
import { UnderstudyError } from '../ground/index.ts';
import { allocation, flush, setAllocation } from './allocation.ts';
import { clusterHealth, waitForHealth } from './health.ts';
import { clearVotingExclusion, clearVotingExclusions, handOverMaster } from './membership.ts';
import { joinWithinMs, type RunningCluster } from './running-cluster.ts';
import { shards, type ShardCopy } from './shards.ts';
import type { EngineTransport } from './transport.ts';
import { awaitSettled } from './whole.ts';

/** Replicas become primaries within a publication; a cluster that needs longer gets its node back all the same. */
const takenOverWithinMs = 15_000;

export interface NodeRestart {
  readonly node: string;
  /** How many nodes the cluster has, this one included. */
  readonly nodes: number;
  /** Ends the node's process; resolves when it has ended. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Waits for a whole cluster, holds replicas where they are, lets a master hand its office over, and starts the node again only when
 * the others have taken over its primaries: a JVM that starts takes the processor that they need for it. Returns when the cluster
 * is green with every node, or yellow for nothing but replicas that wait for a node of a newer version. Errors:
 * `cluster-not-healthy`, `cluster-only-copy`; whatever `stop` and `start` throw, and the node is started even then.
 */
export async function restartNode(cluster: RunningCluster, restart: NodeRestart): Promise<void> {
  await readyToStop(cluster, restart);
  await whileStopped(cluster, restart, () => Promise.resolve());
}

/** Waits for a whole cluster; says which replicas wait for a newer node. Errors: `cluster-not-healthy`, `cluster-only-copy`. */
export async function readyToStop(
  cluster: RunningCluster,
  { node, nodes, signal }: Pick<NodeRestart, 'node' | 'nodes' | 'signal'>,
): Promise<readonly ShardCopy[]> {
  // What an earlier restart of this node left would be waited for in vain: it was interrupted when the node was back.
  if ((await allocation(cluster.transport)) === 'primaries') await setAllocation(cluster.transport, 'all');
  await clearVotingExclusion(cluster, node);
  const waiting = await awaitSettled(cluster, { nodes, signal });
  await refuseOnlyCopy(cluster, node);
  return waiting;
}

/** Stops the node, does the work, starts it again, and waits until the cluster has settled; `joined` is told before that. */
export async function whileStopped(
  cluster: RunningCluster,
  restart: NodeRestart,
  work: () => Promise<void>,
  joined: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { transport, dialect, clock } = cluster;
  const { node, nodes, signal } = restart;
  await setAllocation(transport, 'primaries');
  await flush(transport);
  await handOverMaster(transport, dialect, clock, node);
  try {
    await restart.stop();
    await takenOver(cluster, restart);
    await work();
  } finally {
    await restart.start();
  }
  const back = { status: 'yellow', nodes, deadlineMs: joinWithinMs, ...(signal && { signal }) } as const;
  await waitForHealth(transport, dialect, clock, back);
  await joined();
  await clearVotingExclusion(cluster, node);
  await setAllocation(transport, 'all');
  await awaitSettled(cluster, restart);
}

/**
 * Refuses to stop a node that has the only copy of a shard whose index asks for more: its replica waits for a newer node, so another
 * node must be upgraded first. An index without replicas says itself that it does without while its node is away.
 * Error: `cluster-only-copy`.
 */
async function refuseOnlyCopy({ transport }: RunningCluster, node: string): Promise<void> {
  const copies = Map.groupBy(await shards(transport), ({ index, shard }) => `${index}[${shard}]`);
  const alone = [...copies].filter(([, all]) => {
    const started = all.filter(({ state }) => state === 'STARTED' || state === 'RELOCATING');
    return all.length > 1 && started.length > 0 && started.every((copy) => copy.node === node);
  });
  if (alone.length === 0) return;
  const names = alone.map(([name]) => name);
  throw new UnderstudyError(
    'cluster-only-copy',
    `${node} has the only copy of ${names.join(', ')}: while it is stopped nobody can read or write there. The replicas cannot be placed ` +
      'on nodes of an older version; upgrade another node first, then try again.',
    { facts: { node, shards: names } },
  );
}

/** Gives back whatever a restart that was interrupted holds. Idempotent. */
export async function releaseRestart(transport: EngineTransport): Promise<void> {
  await setAllocation(transport, 'all');
  await clearVotingExclusions(transport);
}

/** Every shard has a primary among the nodes that are left. */
async function takenOver({ transport, dialect, clock }: RunningCluster, { nodes, signal }: NodeRestart): Promise<void> {
  const end = clock.monotonicMs() + takenOverWithinMs;
  while (clock.monotonicMs() < end) {
    const health = await clusterHealth(transport, dialect).catch(() => undefined);
    if (health && health.number_of_nodes < nodes && health.status !== 'red') return;
    await clock.sleep(100, signal);
  }
}
