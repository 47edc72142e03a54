// One node of a running cluster restarted on purpose, without losing a copy and with the shortest gap for writers.
import { UnderstudyError } from '@understudy/foundation';
import { allocation, flush, setAllocation } from './allocation.ts';
import { clusterHealth, healthSentence, healthWithin } from './health.ts';
import { clearVotingExclusion, clearVotingExclusions, stepDownMaster } from './membership.ts';
import { pollUntil, joinWithinMs, type RunningCluster } from './running-cluster.ts';
import { shards, type ShardCopy } from './shards.ts';
import type { EngineTransport } from './transport.ts';
import { absenceSentence, awaitSettled, type AbsentCopy } from './settled.ts';

/** Replicas become primaries within a publication; a cluster that needs longer gets its node back all the same. */
const takeoverWithinMs = 15_000;

export interface NodeRestart {
  readonly node: string;
  /** How many nodes the cluster has, this one included. */
  readonly nodes: number;
  /** Ends the node's process; resolves when it has ended. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** The indices of this system: of any other, a node with the only copy is stopped when its replicas cannot be placed for good. */
  readonly index?: string | readonly string[];
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Waits for a complete cluster, keeps replicas where they are, lets a master step down, and starts the node again only when
 * the others have taken over its primaries: a JVM that starts takes the processor that they need for it. Returns when the cluster
 * is green with every node, or has no unassigned copies but those that will stay unassigned. Errors:
 * `cluster-not-healthy`, `cluster-only-copy`; whatever `stop` and `start` throw, and the node is started even then.
 */
export async function restartNode(cluster: RunningCluster, restart: NodeRestart): Promise<void> {
  const absent = await readyToStop(cluster, restart);
  await restartAround(cluster, restart, absent, () => Promise.resolve());
}

/** Waits until the node may be stopped; says which copies are absent for good. */
export async function readyToStop(cluster: RunningCluster, restart: NodeRestart): Promise<readonly AbsentCopy[]> {
  // Settings that an interrupted restart of this node left are removed first: the wait below could not end with them.
  if ((await allocation(cluster.transport)) === 'primaries') await setAllocation(cluster.transport, 'all');
  await clearVotingExclusion(cluster, restart.node);
  const absent = await awaitSettled(cluster, restart);
  const sentence = absenceSentence(absent);
  if (sentence !== undefined) restart.onProgress?.(sentence);
  await refuseOnlyCopy(cluster, restart, absent);
  return absent;
}

/**
 * Stops the node, does the work, starts it again, and waits until the cluster has settled; `joined` is told before that. `absent`:
 * copies that were unassigned before and are not waited for.
 */
export async function restartAround(
  cluster: RunningCluster,
  restart: NodeRestart,
  absent: readonly AbsentCopy[],
  work: () => Promise<void>,
  joined: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { transport, dialect, clock } = cluster;
  const { node } = restart;
  await setAllocation(transport, 'primaries');
  await flush(transport);
  await stepDownMaster(transport, dialect, clock, node);
  try {
    await restart.stop();
    await awaitTakeover(cluster, restart, absent);
    await work();
  } finally {
    await restart.start();
  }
  await awaitPrimaries(cluster, restart, absent);
  await joined();
  await clearVotingExclusion(cluster, node);
  await setAllocation(transport, 'all');
  await awaitSettled(cluster, restart);
}

/**
 * Refuses to stop a node that has the only copy of a shard whose index asks for more: its replica waits for a newer node, so another
 * node must be upgraded first. An index without replicas says itself that it does without while its node is away; so does one that is
 * not this system's and whose replicas no node takes for good. Error: `cluster-only-copy`.
 */
async function refuseOnlyCopy(
  { transport }: RunningCluster,
  { node, index: own }: NodeRestart,
  absent: readonly AbsentCopy[],
): Promise<void> {
  const copies = Map.groupBy(await shards(transport), ({ index, shard }) => `${index}[${shard}]`);
  const notWaitedFor = (name: string, index: string | undefined): boolean => {
    const missing = absent.filter((copy) => `${copy.index}[${copy.shard}]` === name);
    return (
      own !== undefined &&
      ![own].flat().includes(index ?? '') &&
      missing.length > 0 &&
      !missing.some((copy) => copy.forNewerNode)
    );
  };
  const alone = [...copies].filter(([name, all]) => {
    const started = all.filter(({ state }) => state === 'STARTED' || state === 'RELOCATING');
    const only = all.length > 1 && started.length > 0 && started.every((copy) => copy.node === node);
    return only && !notWaitedFor(name, all[0]?.index);
  });
  if (alone.length === 0) return;
  const names = alone.map(([name]) => name);
  throw new UnderstudyError(
    'cluster-only-copy',
    `${node} has the only copy of ${names.join(', ')}: while it is stopped, these cannot be read or written. ` +
      `${absenceSentence(absent) ?? 'Its replicas are not in place'}. Repair that, or upgrade another node first, then try again.`,
    { facts: { node, shards: names } },
  );
}

/** Removes the settings of an interrupted restart. Idempotent. */
export async function releaseRestart(transport: EngineTransport): Promise<void> {
  await setAllocation(transport, 'all');
  await clearVotingExclusions(transport);
}

/** Every shard that had a primary has one among the nodes that are left. */
async function awaitTakeover(
  cluster: RunningCluster,
  { nodes, signal }: NodeRestart,
  absent: readonly AbsentCopy[],
): Promise<void> {
  const { transport, dialect, clock } = cluster;
  const end = clock.monotonicMs() + takeoverWithinMs;
  while (clock.monotonicMs() < end) {
    const health = await clusterHealth(transport, dialect).catch(() => undefined);
    if (health && health.number_of_nodes < nodes) {
      const missing = health.status === 'red' ? await missingPrimaries(cluster, absent).catch(() => ['?']) : [];
      if (missing.length === 0) return;
    }
    await clock.sleep(100, signal);
  }
}

/** Every node is there, and every shard that had a primary has one. Error: `cluster-not-healthy`. */
async function awaitPrimaries(
  cluster: RunningCluster,
  { nodes, signal, onProgress }: NodeRestart,
  absent: readonly AbsentCopy[],
): Promise<void> {
  const last = await pollUntil({ clock: cluster.clock, deadlineMs: joinWithinMs, signal, onProgress }, async () => {
    const health = await healthWithin(cluster, { status: 'yellow', nodes }, 2);
    if (!health.timed_out) return true;
    const settled = health.number_of_nodes >= nodes && health.relocating_shards === 0;
    const missing = settled ? await missingPrimaries(cluster, absent) : ['?'];
    return missing.length === 0 || healthSentence(health);
  });
  if (last === undefined) return;
  throw new UnderstudyError(
    'cluster-not-healthy',
    `The cluster did not become yellow with ${nodes} nodes within ${joinWithinMs / 1000} s; last seen: ${last}`,
    { facts: { nodes, last } },
  );
}

/** Shards without a primary, but for those that had none before. */
async function missingPrimaries({ transport }: RunningCluster, absent: readonly AbsentCopy[]): Promise<string[]> {
  const nameOf = ({ index, shard }: ShardCopy): string => `${index}[${shard}]`;
  const before = absent.filter(({ primary }) => primary).map(nameOf);
  const without = (await shards(transport)).filter(
    ({ primary, state }) => primary && state !== 'STARTED' && state !== 'RELOCATING',
  );
  return without.map(nameOf).filter((name) => !before.includes(name));
}
