// One node of a running cluster restarted on purpose, without losing a copy and with the shortest gap for writers.
import type { Clock } from '../ground/index.ts';
import { flush, setAllocation } from './allocation.ts';
import type { Dialect } from './dialect.ts';
import { clusterHealth, waitForHealth } from './health.ts';
import { clearVotingExclusions, handOverMaster } from './membership.ts';
import type { EngineTransport } from './transport.ts';

/** From a started process to a member: a cold JVM on a busy small machine takes most of it. */
export const joinWithinMs = 240_000;
export const greenWithinMs = 600_000;
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

export interface RunningCluster {
  readonly transport: EngineTransport;
  readonly dialect: Dialect;
  readonly clock: Clock;
}

/**
 * Waits for a whole cluster, holds replicas where they are, lets a master hand its office over, and starts the node again only when
 * the others have taken over its primaries: a JVM that starts takes the processor that they need for it. Returns when the cluster
 * is green with every node. Error: `cluster-not-healthy`; whatever `stop` and `start` throw, and the node is started even then.
 */
export async function restartNode(cluster: RunningCluster, restart: NodeRestart): Promise<void> {
  const { transport, dialect, clock } = cluster;
  const { node, nodes, signal } = restart;
  const whole = { status: 'green', nodes, deadlineMs: greenWithinMs, ...(signal && { signal }) } as const;
  await waitForHealth(transport, dialect, clock, whole);
  await setAllocation(transport, 'primaries');
  await flush(transport);
  const handedOver = await handOverMaster(transport, dialect, clock, node);
  try {
    await restart.stop();
    await takenOver(cluster, restart);
  } finally {
    await restart.start();
  }
  await waitForHealth(transport, dialect, clock, { ...whole, status: 'yellow', deadlineMs: joinWithinMs });
  if (handedOver) await clearVotingExclusions(transport);
  await setAllocation(transport, 'all');
  await waitForHealth(transport, dialect, clock, whole);
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
